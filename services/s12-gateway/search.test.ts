import { afterAll, beforeAll, expect, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { put } from "../../shared/changes.ts";
import { type AutopsyReport, autopsyReports } from "../../shared/collections/autopsy.ts";
import { type AlertRecord, alertsKept, logEvents, strategyEvents } from "../../shared/collections/operations.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { refuse } from "../../shared/errors.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import { createSearch, type SearchAnswer } from "./search.ts";

const PASSWORD = "correct-horse-1";
let simulation: Simulation;
let token: string;
const ask = (path: string, init: RequestInit = {}) => {
  const gateway = simulation.services.hosted.get("s12") as Hosted;
  return whileRunning(simulation.clock, gateway.fetch(new Request(`http://127.0.0.1:8092${path}`, init)));
};
const get = (path: string) => ask(path, { headers: { authorization: `Bearer ${token}` } });
const search = async (q: string, more = "") =>
  (await (await get(`/api/v1/search?q=${encodeURIComponent(q)}${more}`)).json()) as SearchAnswer;
const post = (path: string, body: object) =>
  ask(path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const kindsOf = ({ groups }: SearchAnswer) => groups.map((group) => group.kind);

beforeAll(async () => {
  simulation = await openSimulation({
    seed: "search",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
  });
  await simulation.advance(5_000);
  const answer = await post("/auth/login", { username: "admin", password: PASSWORD });
  token = ((await answer.json()) as { access_token: string }).access_token;
});
afterAll(async () => {
  await whileRunning(simulation.clock, simulation.services.stop());
});

test("finds an intent and its order by their ids, with where all of them is told", async () => {
  const intent = { intent_id: "found-me", instrument: "FUT:BTCUSDT", kind: "ENTRY", side: "BUY", qty: "0.002" };
  const placed = (await (await post("/api/v1/orders", { intent })).json()) as { client_order_ids: string[] };
  const byIntent = await search("found-me");
  expect(kindsOf(byIntent)).toContain("intents");
  const [hit] = byIntent.groups.find((group) => group.kind === "intents")?.items ?? [];
  expect(hit).toMatchObject({ id: "found-me", path: "/api/v1/intents/found-me" });
  expect(hit?.title).toStartWith("FUT:BTCUSDT");
  expect((await get(hit?.path as string)).status).toBe(200);
  const byOrder = await search(placed.client_order_ids[0] as string);
  expect(kindsOf(byOrder)).toContain("orders");
  expect(byOrder.not_searched).toEqual([]);
});
test("finds words in alerts and the audit log, best first, no more than asked for", async () => {
  const alert = (n: number): AlertRecord => ({
    ...{ alert_id: `a${n}`, severity: "WARN", source: "s04", code: "SLOW_VENUE", message: `zebra crossing ${n}` },
    ...{ ts: n, count: 1, first_ts: n, state: "OPEN" },
  });
  await simulation.world.store("s11").commit([1, 2, 3].map((n) => put(alertsKept, alert(n))));
  const { groups } = await search("zeb cross", "&limit=2");
  expect(groups.map(({ kind, items }) => [kind, items.length])).toEqual([["alerts", 2]]);
  expect(groups[0]?.items[0]?.title).toStartWith("WARN SLOW_VENUE: zebra crossing");
  expect(kindsOf(await search("admin"))).toContain("audit");
});
test("finds words in the reports of trades", async () => {
  const report: AutopsyReport = {
    ...{
      trade_id: "t-9",
      account: "main",
      instrument: "FUT:BTCUSDT",
      strategy_id: "lean",
      side: "BUY",
      state: "READY",
    },
    ...{ opened_at: 1, closed_at: 2, summary: "Long by lean, ended by its ostrich", missing: [], tries: 0 },
    updated_at: 3,
  };
  await simulation.world.store("s08").commit([put(autopsyReports, report)]);
  const { groups } = await search("ostrich");
  expect(groups.map(({ kind }) => kind)).toEqual(["reports"]);
  expect(groups[0]?.items[0]).toMatchObject({ id: "t-9", ts: 2, path: "/api/v1/autopsy/t-9" });
});
test("finds words in events of strategies and in lines that services logged", async () => {
  const [text, message] = ["Stop moved by a platypus", "the platypus does not answer"];
  const of = { strategy_id: "lean", instrument: "FUT:BTCUSDT", kind: "STOP_MOVE", ref: "trades/t-9" };
  const line = { level: "ERROR", service: "s04", fields: {} } as const;
  await simulation.world
    .store("s11")
    .commit([
      put(strategyEvents, { event_id: "e1", ts: 5, text, ...of }),
      put(logEvents, { log_id: "l1", ts: 6, message, ...line }),
    ]);
  const { groups } = await search("platyp");
  expect(groups.map(({ kind, items }) => [kind, items[0]?.title, items[0]?.path])).toEqual([
    ["strategy_events", `lean FUT:BTCUSDT: ${text}`, "/api/v1/strategy-events?from_ts=5&to_ts=5"],
    ["log_events", `ERROR s04: ${message}`, "/api/v1/log-events?from_ts=6&to_ts=6"],
  ]);
  for (const { items } of groups) {
    const answer = (await (await get(items[0]?.path as string)).json()) as { items: unknown[] };
    expect(answer.items).toHaveLength(1);
  }
});
test("answers nothing found to what nobody knows, and takes only what can be looked for", async () => {
  expect(await search("no-such-thing-anywhere")).toMatchObject({ groups: [], not_searched: [] });
  for (const q of ["", "x", "x".repeat(129)]) expect((await get(`/api/v1/search?q=${q}`)).status).toBe(400);
  expect((await get("/api/v1/search?q=abc&limit=51")).status).toBe(400);
  for (const q of ['") OR 1=1 //', "'; DROP TABLE c_orders;--", "../../etc/passwd", "{FUT:BTCUSDT}", "a* NEAR b"]) {
    expect((await get(`/api/v1/search?q=${encodeURIComponent(q)}`)).status).toBe(200);
  }
  expect((await ask("/api/v1/search?q=admin")).status).toBe(401);
});
test("asks as the person who searches, and says where it could not look", async () => {
  const asked: Principal[] = [];
  const peers = {
    services: ["s03", "s04", "s05", "s06"].map((id) => ({ id, name: id, title: "", port: 1 })),
    async fetch(id: string, _request: Request, who: Principal) {
      asked.push(who);
      if (id === "s06") refuse("UNAVAILABLE", "away");
      return id === "s05" ? Response.json({}, { status: 503 }) : Response.json({}, { status: 404 });
    },
  } as unknown as Peers;
  const store = { search: async () => [] };
  const ann: Principal = { kind: "person", id: "ann", role: "viewer" };
  const answer = await createSearch({ store, peers, prefix: "/v" })("some-id", 5, ann);
  expect(answer).toEqual({ q: "some-id", groups: [], not_searched: ["trades", "reconciliations"] });
  expect(asked.every((who) => who === ann)).toBe(true);
});
