import { afterEach, describe, expect, test } from "bun:test";
import { refuse } from "../../shared/errors.ts";
import { FUT, ReconcilerWorld, SPOT } from "./world.fixture.ts";

const { lines } = ReconcilerWorld;
let it: ReconcilerWorld;
async function opened(env: Record<string, string> = {}): Promise<ReconcilerWorld> {
  it = await ReconcilerWorld.open(env);
  return it;
}
/** With its first run made. */
async function running(env: Record<string, string> = {}): Promise<ReconcilerWorld> {
  await opened(env);
  await it.trading();
  await it.pass(5_000);
  return it;
}
afterEach(async () => {
  expect(it.world.errors).toEqual([]);
  await it.close();
});

describe("when it runs", () => {
  test("at the start: not ready before the first run is made, and then every ten minutes", async () => {
    await opened();
    await it.trading();
    expect((await it.get("/ready")).status).toBe(503);
    await it.pass(1_000);
    expect((await it.get("/ready")).status).toBe(200);
    expect(it.told.map((run) => [run.cause, run.status, run.summary.agreement])).toEqual([["START", "DONE", 1]]);
    await it.pass(600_000);
    expect(it.told.map((run) => run.cause)).toEqual(["START", "PERIODIC"]);
    expect(it.told[1]?.summary).toEqual({
      ...{ checked_orders: 0, checked_positions: 2, adopted: 0, closed: 0, fixed: 0, agreement: 1 },
    });
    expect(it.asked).toEqual([]);
  });

  test("after a gap on the account stream and after lost news, once the router has had time of its own", async () => {
    await running();
    await it.gap();
    await it.gap();
    await it.pass(1_000);
    expect(it.told).toHaveLength(1);
    await it.pass(1_500);
    expect(it.told.map((run) => run.cause)).toEqual(["START", "GAP"]);
  });

  test("after an order that is none of ours; not after our own", async () => {
    await running();
    await it.tell({ client_order_id: "simu-1", side: "BUY" });
    await it.pass(5_000);
    expect(it.told).toHaveLength(1);
    await it.tell({ client_order_id: "web_1", status: "NEW", filled_qty: "0" });
    await it.pass(5_000);
    expect(it.told.map((run) => run.cause)).toEqual(["START", "OUTSIDE"]);
  });

  test("again with growing waits while the exchange is away, each try recorded; ready when it is back", async () => {
    await opened();
    it.there.isAway = true;
    await it.pass(30_000);
    const starts = it.told.map((run) => run.started_at);
    const waits = starts.slice(1).map((ts, at) => Math.round((ts - starts[at]!) / 1_000));
    expect(waits).toEqual([1, 2, 4, 8]);
    expect(it.told.every((run) => run.status === "FAILED" && run.message?.includes("the exchange is away"))).toBeTrue();
    expect(it.alerts.map((alert) => [alert.severity, alert.code])[0]).toEqual(["WARN", "RECONCILIATION_FAILED"]);
    expect((await it.get("/ready")).status).toBe(503);
    it.there.isAway = false;
    await it.pass(30_000);
    expect(it.told.at(-1)?.status).toBe("DONE");
    expect((await it.get("/ready")).status).toBe(200);
  });

  test("soon again after something was found, then less and less often while it stays", async () => {
    await running();
    it.held("0.02");
    it.repairHolding = () => refuse("UNAVAILABLE", "not now");
    await it.tell({});
    await it.pass(60_000);
    const starts = it.told.slice(1).map((run) => run.started_at);
    const waits = starts.slice(1).map((ts, at) => Math.floor((ts - it.told[at + 1]!.ended_at) / 1_000));
    expect(waits.slice(0, 3)).toEqual([5, 10, 20]);
    expect(lines(it.told[1]!)).toEqual([`MANUAL_TRADE CLOSE ${FUT} FAILED`]);
  });
});

test("what cannot be compared while an order is on its way is looked at again soon, not in ten minutes", async () => {
  await running();
  await it.order({ status: "UNKNOWN" });
  it.held("0.02");
  expect((await it.reconcile()).body.items).toEqual([]);
  await it.pass(6_000);
  expect(it.told.slice(2).map((run) => run.cause)).toEqual(["PERIODIC"]);
  await it.order({ status: "CANCELED" });
  await it.pass(16_000);
  expect(it.asked[0]).toBe(`holding ${FUT} CLOSE`);
});

describe("orders that differ", () => {
  test("an order that is gone at the exchange is asked about", async () => {
    await running();
    await it.order();
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual(["ORDER_GONE_THERE RESYNC simu-1 DONE"]);
    expect(body.summary).toMatchObject({ checked_orders: 1, fixed: 1, agreement: 2 / 3 });
    expect(it.asked).toEqual(["RESYNC simu-1"]);
  });

  test("one with our tag that nobody knows is offered for adoption, then cancelled; a stranger's is cancelled", async () => {
    await running();
    it.openThere({ client_order_id: "simu-lost" });
    it.openThere({ client_order_id: "web_1", instrument: SPOT });
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual(["ORDER_MISSING_HERE CANCEL simu-lost DONE", "ORDER_MISSING_HERE CANCEL web_1 DONE"]);
    expect(it.asked).toEqual(["ADOPT simu-lost", "CANCEL simu-lost", "CANCEL web_1"]);
    expect(body.summary.closed).toBe(2);
  });

  test("a stop of nobody's stays until the position that it may protect is settled", async () => {
    await running();
    const stop = { client_order_id: "simu-sl", side: "SELL" as const, reduce_only: true, conditional: true };
    it.openThere(stop);
    it.held("0.03");
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual(["ORDER_MISSING_HERE NONE simu-sl SEEN", `POSITION_DIFFERS CLOSE ${FUT} DONE`]);
    expect(it.asked).toEqual(["ADOPT simu-sl (conditional)", `holding ${FUT} CLOSE`]);
    it.held("0.01");
    await it.pass(10_000);
    expect(it.asked.slice(2)).toEqual(["ADOPT simu-sl (conditional)", "CANCEL simu-sl (conditional)"]);
  });
});

describe("positions and trades that differ", () => {
  test("a larger position goes, or is kept where the policy says so", async () => {
    await running();
    it.held("0.02");
    const { body } = await it.reconcile({ orphan_policy: "RECLAIM_IF_SAFE" });
    expect(it.asked[0]).toBe(`holding ${FUT} KEEP`);
    expect(lines(body)[0]).toBe(`POSITION_DIFFERS KEEP ${FUT} DONE`);
    expect(body.summary.adopted).toBe(1);
  });

  test("fills of our own orders that were not booked are named so", async () => {
    await running();
    await it.order({ status: "FILLED", order_id: "7", filled_qty: "0.02" });
    it.there.fills = [fill("2", "7")];
    it.held("0.02");
    expect(lines((await it.reconcile()).body)[0]).toBe(`MISSED_FILLS CLOSE ${FUT} DONE`);
  });
});

describe("what others did", () => {
  test("a trade by hand that closed the position, the trade following it", async () => {
    await running();
    await it.fill({ fill_id: "1" });
    it.there.fills = [fill("1", "7"), fill("2", "99")];
    it.held("0");
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual([`MANUAL_TRADE BOOK ${FUT} DONE`]);
    // The position manager has not heard of it, as the next look sees.
    await it.pass(10_000);
    expect(lines(it.told.at(-1)!)).toEqual([`TRADE_DIFFERS REBUILD ${FUT} DONE`]);
    expect(it.alerts.map((alert) => [alert.severity, alert.code])).toEqual([
      ["WARN", "MANUAL_TRADE"],
      ["WARN", "TRADE_DIFFERS"],
    ]);
  });

  test("a liquidation, told by the stream or by the income history, is FATAL", async () => {
    await running();
    it.there.fills = [fill("2", "99")];
    it.held("0");
    await it.tell({ client_order_id: "autoclose-1" });
    await it.pass(10_000);
    expect(lines(it.told[1]!)[0]).toBe(`LIQUIDATION BOOK ${FUT} DONE`);
    expect(it.alerts[0]).toMatchObject({ severity: "FATAL", code: "LIQUIDATION", source: "s05" });
  });

  test("a liquidation that no stream told of is known by its fee", async () => {
    await running();
    const about = { income_id: "1", market: "FUT" as const, asset: "USDT", amount: "-1", ts: it.clock.now() };
    it.there.fills = [fill("3", "100")];
    it.there.income = [{ ...about, instrument: FUT, kind: "LIQUIDATION_FEE" }];
    it.held("0");
    expect(lines((await it.reconcile()).body)[0]).toBe(`LIQUIDATION BOOK ${FUT} DONE`);
  });

  test("a forced close that the router booked by itself is recognised, once", async () => {
    await running();
    await it.order({ client_order_id: "adl_autoclose-5", leg: "forced", status: "FILLED", filled_qty: "0.01" });
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual(["AUTO_DELEVERAGING BOOK adl_autoclose-5 SEEN"]);
    expect(body.summary.agreement).toBe(1);
    await it.pass(100);
    expect(it.alerts[0]).toMatchObject({ severity: "FATAL", code: "AUTO_DELEVERAGING" });
    expect(lines((await it.reconcile()).body)).toEqual([]);
  });

  test("coins sold by hand; what is there beyond our holding is nobody's business", async () => {
    await running();
    await it.hold({ instrument: SPOT, qty: "0.5", dust: "0.0001" });
    await it.trade({ trade_id: "u", instrument: SPOT, open_qty: "0.5" });
    it.there.balances = [{ market: "SPOT", asset: "BTC", free: "3", locked: "0.5", updated_at: 0 }];
    expect(lines((await it.reconcile()).body)).toEqual([]);
    it.there.balances = [{ market: "SPOT", asset: "BTC", free: "0", locked: "0.2", updated_at: 0 }];
    it.repairHolding = () => ({ done: "ADJUSTED", before: "0.5", after: "0.2", detail: "the wallet has less" });
    const { body } = await it.reconcile({ mode: "HOLDINGS" });
    expect(lines(body)).toEqual([`HOLDING_DIFFERS BOOK ${SPOT} DONE`]);
    expect(body.items[0]).toMatchObject({ before: "0.5", after: "0.2" });
  });
});

describe("what it does not act on, and what fails", () => {
  test("a trade that lost a fill is rebuilt", async () => {
    await running();
    await it.trade({ open_qty: "0.008" });
    expect(lines((await it.reconcile()).body)).toEqual([`TRADE_DIFFERS REBUILD ${FUT} DONE`]);
    expect(it.asked).toEqual([`trade ${FUT}`]);
  });

  test("what is on its way is no difference: it is looked for until it stands still", async () => {
    await running();
    const answer = it.ask("POST", "/reconcile", { body: { mode: "ALL" } });
    it.held("0.02");
    await it.pass(1_000);
    it.held("0.01");
    const { body } = await it.finish(answer);
    expect(body).toMatchObject({ items: [], summary: { agreement: 1 } });
    await it.order({ status: "UNKNOWN" });
    it.held("0.02");
    expect((await it.reconcile()).body).toMatchObject({ items: [], summary: { agreement: 1 } });
  });

  test("a repair that fails is an item with an ERROR, and the rest goes on", async () => {
    await running();
    it.openThere({ client_order_id: "web_1" });
    it.openThere({ client_order_id: "web_2" });
    const plain = it.repairOrder;
    it.repairOrder = (ask) => (ask.client_order_id === "web_1" ? refuse("TIMEOUT", "too slow") : plain(ask));
    const { body } = await it.reconcile();
    expect(lines(body)).toEqual(["ORDER_MISSING_HERE CANCEL web_1 FAILED", "ORDER_MISSING_HERE CANCEL web_2 DONE"]);
    expect(body.items[0].detail).toContain("TIMEOUT: too slow");
    await it.pass(10);
    expect(it.alerts.find((alert) => alert.message.startsWith("web_1"))?.severity).toBe("ERROR");
  });
});

const fill = (fill_id: string, order_id: string) => ({
  ...{ fill_id, order_id, price: "60000", qty: "0.01", fee: "0", fee_asset: "USDT", maker: false },
  ts: it.clock.now(),
});

describe("asked by people", () => {
  test("a dry run plans, repairs nothing, alerts of nothing, and is kept", async () => {
    await running();
    it.held("0.02");
    it.openThere({ client_order_id: "web_1" });
    const { body } = await it.reconcile({ dry_run: true });
    expect(lines(body)).toEqual([`ORDER_MISSING_HERE CANCEL web_1 PLANNED`, `POSITION_DIFFERS CLOSE ${FUT} PLANNED`]);
    expect(body.items[1]).toMatchObject({ before: "0.01", after: "0.02" });
    expect(it.asked).toEqual([]);
    await it.pass(10);
    expect(it.alerts).toEqual([]);
    expect((await it.kept()).at(-1)).toEqual(body);
  });

  test("each mode looks at its part alone", async () => {
    await running();
    it.held("0.02");
    it.openThere({ client_order_id: "web_1" });
    const found = async (mode: string) => lines((await it.reconcile({ mode, dry_run: true })).body);
    expect(await found("ORDERS")).toEqual(["ORDER_MISSING_HERE CANCEL web_1 PLANNED"]);
    expect(await found("POSITIONS")).toEqual([`POSITION_DIFFERS CLOSE ${FUT} PLANNED`]);
    expect(await found("HOLDINGS")).toEqual([]);
  });

  test("by traders, risk and admins; with a key, whose repeat gets the first answer", async () => {
    await running();
    for (const role of ["viewer", "researcher"] as const) {
      expect((await it.reconcile({}, { role })).status).toBe(403);
    }
    const first = await it.reconcile({}, { key: "k", role: "risk" });
    const runs = it.there.looks;
    const second = await it.reconcile({}, { key: "k", role: "risk" });
    expect([first.status, second.body, it.there.looks]).toEqual([200, first.body, runs]);
    expect((await it.reconcile({ mode: "ORDERS" }, { key: "k", role: "risk" })).status).toBe(422);
    expect((await it.reconcile({ time_window_h: 169 })).status).toBe(400);
    expect((await it.reconcile({ mode: "SOME" })).body.errors[0].field).toBe("mode");
  });

  test("503 with the run's name while the exchange is away", async () => {
    await running();
    it.there.isAway = true;
    const { status, body } = await it.reconcile();
    expect(status).toBe(503);
    expect(body.detail).toContain((await it.kept()).at(-1)?.run_id);
  });
});

describe("runs together and afterwards", () => {
  test("one run at a time: the same is shared, others wait, too many are refused", async () => {
    await running();
    it.held("0.02");
    it.repairHolding = () => ({ done: "NONE", before: "0.01", after: "0.01", detail: "" });
    const bodies = [
      { mode: "ALL" },
      ...[1, 2, 3, 4, 5].map((time_window_h) => ({ mode: "POSITIONS", time_window_h })),
      { mode: "POSITIONS", time_window_h: 1 },
    ];
    const first = it.ask("POST", "/reconcile", { body: bodies[0] });
    await it.pass(100);
    const rest = bodies.slice(1).map((body) => it.ask("POST", "/reconcile", { body }));
    const answers = await it.finish(Promise.all([first, ...rest]));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 409, 200]);
    expect(answers[6]?.body.run_id).toBe(answers[1]?.body.run_id);
    const spans = (await it.kept()).map((run) => [run.started_at, run.ended_at]);
    for (const [at, [started]] of spans.entries())
      if (at > 0) expect(started).toBeGreaterThanOrEqual(spans[at - 1]![1]!);
  });

  test("runs are listed newest first, by page and by filter, and read one by one", async () => {
    await running();
    await it.reconcile({ mode: "ORDERS" });
    await it.pass(1_000);
    const last = (await it.reconcile()).body;
    const page = (await it.get("/reconciliations?limit=2")).body;
    expect(page.items.map((run: { mode: string }) => run.mode)).toEqual(["ALL", "ORDERS"]);
    const rest = (await it.get(`/reconciliations?limit=2&cursor=${page.next_cursor}`)).body;
    expect(rest.items.map((run: { cause: string }) => run.cause)).toEqual(["START"]);
    expect((await it.get("/reconciliations?cause=START")).body.items).toHaveLength(1);
    expect((await it.get(`/reconciliations?from_ts=${last.started_at}`)).body.items).toEqual([last]);
    expect((await it.get(`/reconciliations/${last.run_id}`)).body).toEqual(last);
    expect((await it.get("/reconciliations/none")).status).toBe(404);
    expect((await it.get("/reconciliations?from_ts=2&to_ts=1")).status).toBe(400);
  });

  test("every repair is in the audit, with who had asked", async () => {
    await running();
    it.openThere({ client_order_id: "web_1" });
    const { body } = await it.reconcile();
    await it.pass(100);
    expect(it.audits).toContain(`ann reconcile.cancel web_1 DONE (${body.run_id})`);
    expect(it.audits).toContain(`ann reconcile ${body.run_id} DONE`);
  });
});

test("killed in the middle of a run, it runs again at the next start, and repairs what is left", async () => {
  await running();
  it.openThere({ client_order_id: "web_1" });
  it.openThere({ client_order_id: "web_2" });
  const plain = it.repairOrder;
  // The second repair is under way when it ends; the first has been made.
  it.repairOrder = (ask) => (ask.client_order_id === "web_2" ? new Promise(() => {}) : plain(ask));
  void it.ask("POST", "/reconcile", { body: { mode: "ALL" } });
  const done = () => it.asked.length === 2;
  await it.clock.run(done);
  it.repairOrder = plain;
  await it.crash();
  await it.pass(5_000);
  expect(it.asked).toEqual(["CANCEL web_1", "CANCEL web_2", "CANCEL web_2"]);
  expect((await it.kept()).map((run) => [run.cause, run.status])).toEqual([
    ["START", "DONE"],
    ["START", "DONE"],
  ]);
});
