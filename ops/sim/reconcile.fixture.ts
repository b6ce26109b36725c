/** Somebody else on the same account, a person at the exchange's site say; and the reconciler's runs to look at. */

import { put, remove } from "../../shared/changes.ts";
import { fills, holdings, intents, orders } from "../../shared/collections/orders.ts";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { dec, show } from "../../shared/domain/money.ts";
import type { Collection } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";
import type { Reconciliation } from "../../shared/streams.ts";
import { venueNet } from "../venue/memory-net.ts";
import { type Answer, type Fields, hmac, query } from "../venue/test-client.ts";
import type { Desk } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

const KEY = "paper-key";
const SECRET = "paper-secret";
const TRADER: Principal = { kind: "person", id: "ann", role: "trader" };

/** A signed request of another API client of the account, such as `POST /fapi/v1/order`. */
export async function byHand(desk: Desk, request: string, fields: Fields): Promise<Answer> {
  const { clock, venue } = desk.sim;
  const [method = "", path = ""] = request.split(" ");
  const text = query({ ...fields, timestamp: Math.floor(clock.now()) });
  const port = path.startsWith("/fapi") ? 8094 : 8093;
  const url = `http://127.0.0.1:${port}${path}?${text}&signature=${hmac(SECRET, text)}`;
  const headers = { "X-MBX-APIKEY": KEY };
  const { status, body } = await desk.answered(
    venueNet(venue, clock).fetch({ method, url, headers, timeoutMs: 10_000 }),
  );
  const answer = JSON.parse(body) as Answer;
  if (status !== 200) throw new Error(`${request}: ${body}`);
  return answer;
}

/** A market order of BTC by hand. */
export const trade = (desk: Desk, market: "spot" | "fut", side: "BUY" | "SELL", quantity: string): Promise<Answer> =>
  byHand(desk, market === "fut" ? "POST /fapi/v1/order" : "POST /api/v3/order", {
    ...{ symbol: "BTCUSDT", side, type: "MARKET", quantity },
  });

export async function reconcile(desk: Desk, body: Partial<Reconciliation> = {}): Promise<Reconciliation> {
  const hosted = desk.sim.services.hosted.get("s05");
  const verb = hosted?.verbs.find((each) => each.name === "reconcile");
  const call = { principal: TRADER, signal: undefined, header: () => undefined };
  const input = verb?.input.parse({ mode: "ALL", ...body });
  return desk.answered(Promise.resolve(verb?.run(input as never, call as never)) as Promise<Reconciliation>);
}

/** Oldest first. */
export async function runs(desk: Desk): Promise<Reconciliation[]> {
  const sort = { field: "started_at", order: "asc" } as const;
  const { items } = await desk.sim.world.store("s05").query(reconciliations, { sort, limit: 1_000 });
  return items.map((row) => row.value);
}

/** `TYPE action outcome` of everything that was found since the start, oldest first. */
export const found = async (desk: Desk): Promise<string[]> =>
  (await runs(desk)).flatMap(({ items }) => items.map((item) => `${item.type} ${item.action} ${item.outcome}`));

const ROUTERS: readonly Collection[] = [intents, orders, fills, holdings] as unknown as Collection[];
type Copy = { collection: Collection; value: unknown }[];

/** The router's store as it is now. */
export async function copyOf(desk: Desk): Promise<Copy> {
  const s04 = desk.sim.world.store("s04");
  const rows = await Promise.all(ROUTERS.map((collection) => readAll(s04, collection)));
  return rows.flatMap((values, at) => values.map((value) => ({ collection: ROUTERS[at] as Collection, value })));
}

/** As if a backup had been copied over it. */
export async function restore(desk: Desk, copy: Copy): Promise<void> {
  const s04 = desk.sim.world.store("s04");
  const now = await copyOf(desk);
  await s04.commit([
    ...now.map(({ collection, value }) => remove(collection, collection.key(value))),
    ...copy.map(({ collection, value }) => put(collection, value)),
  ]);
}

/** What the venue's position is, signed. */
export const positionThere = (desk: Desk, instrument: string): string =>
  show(desk.venue.positions().find((each) => each.instrument === instrument)?.qty ?? dec("0"));
