import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { exchangeKillCopy } from "../../shared/collections/exchange.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { KillOrder } from "../../shared/contracts.ts";
import { asProblem, type Problem } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { KillCopy } from "./kill-copy.ts";
import { testSurroundings } from "./surroundings.fixture.ts";
import { BTC, connectToVenue, order } from "./venue.fixture.ts";

const kill = (epoch: number, enabled = true): KillOrder => ({
  enabled,
  mode: "CANCEL",
  epoch,
  reason: "test",
  actor: "tester",
});
const openMemory = () => openStore({ path: ":memory:", owner: "s01", collections: COLLECTIONS, now: () => 0 });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => asProblem(error).code,
  );

test("on is stored before it is answered, and holds after a restart", async () => {
  const store = openMemory();
  const first = new KillCopy(testSurroundings(), store);
  await first.load();
  expect(first.on).toBe(false);
  expect(await first.set(kill(3))).toEqual({ epoch: 3, outstanding: [] });
  expect((await store.get(exchangeKillCopy, "kill"))?.value).toMatchObject({ enabled: true, epoch: 3 });
  const second = new KillCopy(testSurroundings(), store);
  expect(second.on).toBe(true);
  await second.load();
  expect(second.on).toBe(true);
  await second.set(kill(4, false));
  expect(second.on).toBe(false);
});

test("an older epoch is refused, the same one answered again only with the same content", async () => {
  const copy = new KillCopy(testSurroundings(), openMemory());
  await copy.load();
  await copy.set(kill(5));
  expect(await codeOf(copy.set(kill(4, false)))).toBe("CONFLICT");
  expect(await codeOf(copy.set(kill(5, false)))).toBe("CONFLICT");
  expect(await copy.set(kill(5))).toEqual({ epoch: 5, outstanding: [] });
  expect(copy.on).toBe(true);
});

test("unreadable means on, until it can be read", async () => {
  const store = openMemory();
  let isBroken = true;
  const flaky: Store = {
    ...bound(store),
    get: (...args) => (isBroken ? Promise.reject(new Error("disk")) : store.get(...args)),
  };
  const around = testSurroundings();
  const copy = new KillCopy(around, flaky);
  await copy.load();
  expect(copy.on).toBe(true);
  expect(() => copy.refuseIfOn()).toThrow("cannot be read");
  expect(around.raised).toEqual(["KILL_UNREADABLE"]);
  isBroken = false;
  await copy.load();
  expect(copy.on).toBe(false);
});

test("on counts from the moment it is asked, stored or not, and can be asked again", async () => {
  const store = openMemory();
  let isBroken = true;
  const flaky: Store = {
    ...bound(store),
    commit: (...args) => (isBroken ? Promise.reject(new Error("disk full")) : store.commit(...args)),
  };
  const copy = new KillCopy(testSurroundings(), flaky);
  await copy.load();
  expect(await codeOf(copy.set(kill(1)))).toBe("INTERNAL");
  expect(copy.on).toBe(true);
  isBroken = false;
  await copy.set(kill(1));
  expect((await store.get(exchangeKillCopy, "kill"))?.value.epoch).toBe(1);
});

test("while it is on entries are refused here and exits go through", async () => {
  const { connector, settle, venue } = await connectToVenue();
  await settle(connector.desk.submit(order({})));
  await settle(connector.kill.set(kill(1)));
  const count = venue.orders().length;
  const refused = await settle(connector.desk.submit(order({ client_order_id: "e-1" }))).catch(asProblem);
  expect((refused as Problem).code).toBe("KILL_SWITCH");
  expect(venue.orders().length).toBe(count);
  const exit = order({ client_order_id: "x-1", side: "SELL", entry: false, reduce_only: true });
  expect((await settle(connector.desk.submit(exit))).status).toBe("FILLED");
  await settle(connector.kill.set(kill(2, false)));
  expect((await settle(connector.desk.submit(order({ client_order_id: "e-1" })))).status).toBe("FILLED");
});

test("an entry that is still setting its leverage when the switch goes on is not sent", async () => {
  const { connector, settle, faulty, venue } = await connectToVenue();
  faulty.fetch = (request) => {
    if (request.url.endsWith("/fapi/v1/leverage")) void connector.kill.set(kill(1));
    return undefined;
  };
  const refused = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect((refused as Problem).code).toBe("KILL_SWITCH");
  expect(venue.orders().length).toBe(0);
});

test("an entry whose fate is unknown is outstanding until the exchange tells it", async () => {
  const { connector, settle, venue, pass } = await connectToVenue();
  const fault = { kind: "timeout_before_accept", market: "FUT", symbol: "BTCUSDT" } as const;
  venue.faults.add({ ...fault, count: 1, hold_ms: 60_000, code: 0 });
  await settle(connector.desk.submit(order({ client_order_id: "lost" }))).catch(asProblem);
  expect((await settle(connector.kill.set(kill(1)))).outstanding).toEqual(["lost"]);

  await settle(connector.kill.set(kill(2, false)));
  venue.faults.add({ ...fault, kind: "timeout_after_accept", count: 1, hold_ms: 60_000, code: 0 });
  await settle(connector.desk.submit(order({ client_order_id: "taken" }))).catch(asProblem);
  await pass(100);
  expect((await settle(connector.kill.set(kill(3)))).outstanding).toEqual(["lost"]);
  expect(
    (await settle(connector.desk.query({ instrument: BTC, client_order_id: "taken", conditional: false }))).status,
  ).toBe("FILLED");
});

test("an entry that the exchange never got is outstanding until its absence is proven", async () => {
  const { connector, settle, venue, pass } = await connectToVenue({ absenceProvenMs: 30_000 });
  const fault = { kind: "timeout_before_accept", market: "FUT", symbol: "BTCUSDT" } as const;
  venue.faults.add({ ...fault, count: 1, hold_ms: 1_000, code: 0 });
  await settle(connector.desk.submit(order({ client_order_id: "lost" }))).catch(asProblem);
  await pass(10_000);
  await settle(connector.desk.settleUnknown());
  expect((await settle(connector.kill.set(kill(1)))).outstanding).toEqual(["lost"]);
  await pass(21_000);
  await settle(connector.desk.settleUnknown());
  expect((await settle(connector.kill.set(kill(1)))).outstanding).toEqual([]);
});

/** A store's methods, tied to it, so that some can be replaced. */
function bound(store: Store): Store {
  return { get: store.get.bind(store), commit: store.commit.bind(store) } as unknown as Store;
}
