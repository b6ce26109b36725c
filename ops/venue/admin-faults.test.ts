import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { quietMarket } from "./quiet.ts";
import { type Answer, START, TestVenue } from "./test-client.ts";

const BTC = { market: "FUT", symbol: "BTCUSDT" };
const FUT = "FUT:BTCUSDT";

async function fault(v: TestVenue, body: object): Promise<Answer> {
  const headers = { authorization: "Bearer admin-token" };
  const said = await v.venue.rest("admin", { method: "POST", path: "/faults", headers, body: JSON.stringify(body) });
  return { status: said.status, ...JSON.parse(said.body) };
}

/** A venue with a book of 59 990 to 60 000 on both markets. */
async function opened(): Promise<TestVenue> {
  const v = await TestVenue.open();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.spot("maker", "BTCUSDT SELL 1 60000");
  await v.spot("maker", "BTCUSDT BUY 1 59990");
  return v;
}

test("a lost cancel leaves the order, or has taken it; a refused one is refused once", async () => {
  const v = await opened();
  const place = (id: string) => v.order("paper", "BTCUSDT BUY 0.01 50000", { newClientOrderId: id });
  const cancel = (id: string) => v.call("paper", "DELETE /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: id });
  const status = async (id: string): Promise<string> =>
    (await v.call("paper", "GET /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: id })).status;
  const rows = [
    [{ kind: "reject", on: "cancel", ...BTC }, -2011, "NEW"],
    [{ kind: "timeout_before_accept", on: "cancel", ...BTC, hold_ms: 0 }, -1007, "NEW"],
    [{ kind: "timeout_after_accept", on: "cancel", ...BTC, hold_ms: 0, code: -1006 }, -1006, "CANCELED"],
  ] as const;
  for (const [at, [body, code, then]] of rows.entries()) {
    const id = `o${at}`;
    await fault(v, body);
    expect((await place(id)).status).toBe("NEW");
    expect([(await cancel(id)).code, await status(id)]).toEqual([code, then]);
    if (then === "NEW") expect((await cancel(id)).status).toBe("CANCELED");
  }
});

test("an order that was taken may be answered with 503, -1001, -1006, -1007 or -1008, and nothing else", async () => {
  const v = await opened();
  for (const [code, status] of [
    [-1001, 503],
    [-1006, 503],
    [-1007, 408],
    [-1008, 503],
  ] as const) {
    await fault(v, { kind: "timeout_after_accept", ...BTC, hold_ms: 0, code });
    const sent = v.send("paper", "POST /fapi/v1/order", {
      ...{ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" },
      newClientOrderId: `o${-code}`,
    });
    await v.settle();
    const said = await sent;
    expect([said.status, JSON.parse(said.body).code]).toEqual([status, code]);
  }
  expect(await v.call("paper", "GET /fapi/v1/openOrders")).toHaveLength(4);
  expect((await fault(v, { kind: "timeout_after_accept", ...BTC, code: -2010 })).code).toBe("INVALID");
});

test("a partial fill, a refused cancel, and the rest fills: the books know each step", async () => {
  const v = await opened();
  const account = await v.listenAccount("paper");
  await v.order("paper", "BTCUSDT BUY 0.01 59000", { newClientOrderId: "mine" });
  const mine = { kind: "fill", account: "main", market: "FUT", client_id: "mine" };
  expect(await fault(v, { ...mine, qty: "0.004" })).toMatchObject({ status: 200 });
  await fault(v, { kind: "reject", on: "cancel", ...BTC });
  const cancel = await v.call("paper", "DELETE /fapi/v1/order", { symbol: "BTCUSDT", origClientOrderId: "mine" });
  expect(cancel.code).toBe(-2011);
  expect((await fault(v, { ...mine, qty: "0.0005" })).code).toBe("INVALID");
  expect((await fault(v, { ...mine, qty: "0.007" })).code).toBe("INVALID");
  expect(await fault(v, mine)).toMatchObject({ status: 200 });
  expect((await fault(v, mine)).code).toBe("NOT_FOUND");
  const trades = account.messages.filter((m) => m.e === "ORDER_TRADE_UPDATE" && m.o.x === "TRADE");
  expect(trades.map(({ o }) => [o.X, o.l, o.z, o.L])).toEqual([
    ["PARTIALLY_FILLED", "0.004", "0.004", "59000.0"],
    ["FILLED", "0.006", "0.010", "59000.0"],
  ]);
  expect((await v.call("paper", "GET /fapi/v3/positionRisk"))[0].positionAmt).toBe("0.010");
  for (const [, total] of v.venue.exchange.state.ledger.sums()) expect(total as bigint).toBe(0n);
});

test("a request may be late on its way, and its answer on the way back", async () => {
  const v = await opened();
  await fault(v, { kind: "delay", path: "/fapi/v1/order", when: "before", delay_ms: 3_000 });
  const order = {
    ...{ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: "50000" },
    ...{ newOrderRespType: "RESULT", recvWindow: 10_000 },
  };
  let answers = 0;
  const send = () =>
    v.send("paper", "POST /fapi/v1/order", order).then(({ body }) => {
      answers += 1;
      return JSON.parse(body) as Answer;
    });
  const late = send();
  await v.settle(2_900);
  expect([answers, v.venue.orders().length]).toEqual([0, 4]);
  await v.settle(200);
  expect((await late).status).toBe("NEW");
  await fault(v, { kind: "delay", path: "/fapi/v1/order", delay_ms: 1_000 });
  const held = send();
  await v.settle(900);
  expect([answers, v.venue.orders().length]).toEqual([1, 6]);
  await v.settle(200);
  expect((await held).status).toBe("NEW");
});

test("changed filters are shown and hold; changed settings are told; a halted instrument takes cancels only", async () => {
  const v = await opened();
  const resting = await v.order("paper", "BTCUSDT BUY 0.01 50000");
  await fault(v, { kind: "filters", instrument: FUT, tick: "5", step: "0.010", min_notional: "300" });
  const { json } = await v.raw("GET /fapi/v1/exchangeInfo");
  const shown = json.symbols.find((each: Answer) => each.symbol === "BTCUSDT").filters;
  const filter = (name: string) => shown.find((each: Answer) => each.filterType === name);
  expect([filter("PRICE_FILTER").tickSize, filter("LOT_SIZE").stepSize, filter("MIN_NOTIONAL").notional]).toEqual([
    ...["5", "0.010", "300"],
  ]);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50001")).code).toBe(-4014);
  expect((await v.order("paper", "BTCUSDT BUY 0.011 50000")).code).toBe(-4023);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 29000")).code).toBe(-4164);
  await fault(v, { kind: "filters", instrument: "SPOT:BTCUSDT", tick: "1" });
  expect((await v.spot("paper", "BTCUSDT BUY 0.01 50000.5")).msg).toBe("Filter failure: PRICE_FILTER");
  expect((await fault(v, { kind: "filters", instrument: FUT, tick: "0.15" })).code).toBe("INVALID");

  const account = await v.listenAccount("paper");
  await fault(v, { kind: "settings", account: "main", instrument: FUT, leverage: 7 });
  expect(account.messages.find((m) => m.e === "ACCOUNT_CONFIG_UPDATE").ac).toMatchObject({ s: "BTCUSDT", l: 7 });
  const refused = await fault(v, { kind: "settings", account: "main", instrument: FUT, hedge_mode: true });
  expect(refused.code).toBe("WRONG_STATE");

  await fault(v, { kind: "halt", instrument: FUT, for_ms: 5_000 });
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000")).code).toBe(-4140);
  expect((await v.raw("GET /fapi/v1/exchangeInfo")).json.symbols[0].status).toBe("PENDING_TRADING");
  expect((await v.spot("paper", "BTCUSDT BUY 0.001 50000")).status).toBe("NEW");
  const cancel = { symbol: "BTCUSDT", orderId: resting.orderId };
  expect((await v.call("paper", "DELETE /fapi/v1/order", cancel)).status).toBe("CANCELED");
  await v.settle(5_000);
  expect((await v.order("paper", "BTCUSDT BUY 0.01 50000")).status).toBe("NEW");
});

test("funding that is due may come late", async () => {
  const clock = new VirtualClock(START);
  const dueAt = START + 10_000;
  const market = quietMarket(defaultListings(), clock);
  const funding = () => ({ rate: 0.001, nextAt: clock.now() < dueAt ? dueAt : dueAt + 28_800_000 });
  const v = new TestVenue({ market: { ...market, funding } }, clock);
  await v.venue.start();
  await v.order("maker", "BTCUSDT SELL 1 60000");
  await v.order("maker", "BTCUSDT BUY 1 59990");
  await v.order("paper", "BTCUSDT BUY 0.01 MARKET");
  await fault(v, { kind: "late_funding", instrument: FUT, by_ms: 20_000 });
  const paid = async (): Promise<number> =>
    (await v.call("paper", "GET /fapi/v1/income", { incomeType: "FUNDING_FEE" })).length;
  await v.settle(15_000);
  expect(await paid()).toBe(0);
  await v.settle(10_000);
  expect(await paid()).toBe(1);
});
