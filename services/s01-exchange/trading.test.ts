import { expect, test } from "bun:test";
import { dec, show, sum } from "../../shared/domain/money.ts";
import { asProblem, type Problem } from "../../shared/errors.ts";
import { NetError } from "../../shared/kit/ports.ts";
import { BTC, connectToVenue, order, SPOT_BTC } from "./venue.fixture.ts";

type Answer = { status: number; headers?: Record<string, string>; body: string };
const outcomes: [string, Answer, string, string | undefined][] = [
  ["a 5xx", { status: 503, body: '{"code":-1001,"msg":"Internal error."}' }, "EXCHANGE_UNKNOWN", undefined],
  ["a 5xx of a proxy", { status: 502, body: "<html>" }, "EXCHANGE_UNKNOWN", undefined],
  ["-1006", { status: 400, body: '{"code":-1006,"msg":"Unexpected response."}' }, "EXCHANGE_UNKNOWN", undefined],
  ["-1007", { status: 408, body: '{"code":-1007,"msg":"Timeout."}' }, "EXCHANGE_UNKNOWN", undefined],
  ["200 with half a body", { status: 200, body: '{"orderId":1' }, "EXCHANGE_UNKNOWN", undefined],
  ["200 with a strange body", { status: 200, body: '{"orderId":1}' }, "EXCHANGE_UNKNOWN", undefined],
  ["-2019", { status: 400, body: '{"code":-2019,"msg":"Margin is insufficient."}' }, "EXCHANGE_REFUSED", "-2019"],
  ["no code", { status: 400, body: "{}" }, "EXCHANGE_REFUSED", "400"],
  ["-1015", { status: 400, body: '{"code":-1015,"msg":"Too many new orders."}' }, "RATE_LIMITED", undefined],
  ["429", { status: 429, headers: { "retry-after": "3" }, body: "{}" }, "RATE_LIMITED", undefined],
  ["418", { status: 418, headers: { "retry-after": "300" }, body: "{}" }, "RATE_LIMITED", undefined],
];
test.each(outcomes)("an order's outcome: %s", async (_, answer, code, exchangeCode) => {
  const { connector, faulty, settle } = await connectToVenue();
  faulty.fetch = (request) =>
    request.method === "POST" && request.url.includes("/order")
      ? Promise.resolve({ headers: {}, ...answer })
      : undefined;
  const problem = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect((problem as Problem).code).toBe(code as Problem["code"]);
  expect((problem as Problem).errors.find((e) => e.field === "exchange_code")?.message).toBe(exchangeCode);
});

test("nothing was sent: the same id may be tried again", async () => {
  const { connector, faulty, settle, venue } = await connectToVenue();
  faulty.fetch = (request) =>
    request.url.endsWith("/order") ? Promise.reject(new NetError("refused", "nobody listens")) : undefined;
  const problem = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect((problem as Problem).code).toBe("UNAVAILABLE");
  faulty.fetch = undefined;
  expect((await settle(connector.desk.submit(order({})))).status).toBe("FILLED");
  expect(venue.orders().length).toBe(1);
});

test("a time-out after the exchange took it: asked about on repeat, never sent again", async () => {
  const { connector, venue, settle, requests, told } = await connectToVenue();
  venue.faults.add({
    kind: "timeout_after_accept",
    market: "FUT",
    symbol: "BTCUSDT",
    count: 1,
    hold_ms: 10_000,
    code: 0,
  });
  const problem = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect((problem as Problem).code).toBe("EXCHANGE_UNKNOWN");
  expect(await settle(connector.desk.submit(order({})))).toMatchObject({ status: "FILLED", filled_qty: "0.010" });
  expect(requests.filter((r) => r.method === "POST" && r.url.endsWith("/fapi/v1/order")).length).toBe(1);
  expect(told.some((e) => e.kind === "execution" && e.fill !== undefined)).toBe(true);
});

test("a time-out before the exchange took it: not found proves nothing", async () => {
  const { connector, venue, settle, requests } = await connectToVenue();
  const fault = { kind: "timeout_before_accept", market: "FUT", symbol: "BTCUSDT" } as const;
  venue.faults.add({ ...fault, count: 1, hold_ms: 1_000, code: 0 });
  for (let attempt = 0; attempt < 3; attempt++) {
    const problem = await settle(connector.desk.submit(order({}))).catch(asProblem);
    expect((problem as Problem).code).toBe("EXCHANGE_UNKNOWN");
  }
  expect(requests.filter((r) => r.method === "POST" && r.url.endsWith("/fapi/v1/order")).length).toBe(1);
});

test("two at once with one id are one order", async () => {
  const { connector, venue, settle } = await connectToVenue();
  const both = await settle(Promise.all([connector.desk.submit(order({})), connector.desk.submit(order({}))]));
  expect(both[0]).toEqual(both[1]);
  expect(venue.orders().length).toBe(1);
});

test("a clock that is off is measured anew, and the order sent once more", async () => {
  const { connector, faulty, settle, requests } = await connectToVenue();
  let refusals = 0;
  faulty.fetch = (request) => {
    if (!request.url.endsWith("/fapi/v1/order") || refusals++ > 0) return undefined;
    return Promise.resolve({
      status: 400,
      headers: {},
      body: '{"code":-1021,"msg":"Timestamp outside recvWindow."}',
    });
  };
  expect((await settle(connector.desk.submit(order({})))).status).toBe("FILLED");
  expect(requests.slice(-2).map((r) => new URL(r.url).pathname)).toEqual(["/fapi/v1/time", "/fapi/v1/order"]);
});

test("after 429 and 418 the exchange is left in peace until the time it named", async () => {
  const { connector, faulty, settle, requests, pass, around } = await connectToVenue();
  faulty.fetch = () => Promise.resolve({ status: 418, headers: { "retry-after": "30" }, body: "{}" });
  await settle(connector.desk.submit(order({}))).catch(() => {});
  faulty.fetch = undefined;
  const sent = requests.length;
  const problem = await settle(connector.desk.submit(order({}))).catch(asProblem);
  expect((problem as Problem).code).toBe("RATE_LIMITED");
  expect((problem as Problem).retryAfterMs).toBeGreaterThan(20_000);
  expect(requests.length).toBe(sent);
  expect(around.raised).toContain("EXCHANGE_BAN");
  await pass(31_000);
  expect((await settle(connector.desk.submit(order({})))).status).toBe("FILLED");
});

test("leverage and isolated margin are set once, before the first entry", async () => {
  const { connector, settle, requests, venue } = await connectToVenue();
  for (const id of ["a", "b"]) await settle(connector.desk.submit(order({ client_order_id: id, leverage: 7 })));
  const paths = requests.filter((r) => r.method === "POST").map((r) => new URL(r.url).pathname);
  expect(paths.slice(-4)).toEqual(["/fapi/v1/marginType", "/fapi/v1/leverage", "/fapi/v1/order", "/fapi/v1/order"]);
  expect(venue.positions()[0]).toMatchObject({ margin_type: "ISOLATED", leverage: 7 });
});

test("a stop goes to the algo endpoint, is listed as open, and lives on as the order it sends", async () => {
  const { connector, settle, told, said, pass } = await connectToVenue();
  await settle(connector.desk.submit(order({})));
  const stop = (client_order_id: string, factor: number) => {
    const last = Number(said.trades.filter((t) => t.instrument === BTC).at(-1)!.price);
    const terms = { side: "SELL", type: "STOP_MARKET", entry: false, reduce_only: true } as const;
    return order({ ...terms, client_order_id, stop_price: (last * factor).toFixed(1) });
  };
  const far = await settle(connector.desk.submit(stop("far", 0.9)));
  expect(far).toMatchObject({ status: "NEW", conditional: true });
  expect((await settle(connector.orders.openOrders("FUT", BTC))).map((o) => o.client_order_id)).toEqual(["far"]);
  expect(await settle(connector.queries.fills({ instrument: BTC, order_id: far.order_id }))).toEqual([]);

  const executions = () => told.filter((event) => event.kind === "execution");
  const triggered = () => executions().find((event) => event.reason === "TRIGGERED")?.client_order_id;
  // Wherever the market goes: one after the other just below it, until one is set off.
  for (let nth = 0; nth < 200 && triggered() === undefined; nth++) {
    await settle(connector.desk.submit(stop(`near-${nth}`, 0.99998))).catch(asProblem);
    await pass(500);
  }
  const near = triggered() as string;
  expect(near).toStartWith("near-");
  const ended = executions().filter((event) => event.client_order_id === near);
  expect(ended.at(-1)).toMatchObject({ status: "FILLED", filled_qty: "0.010" });
  const asked = await settle(connector.desk.query({ instrument: BTC, client_order_id: near, conditional: true }));
  expect(asked).toMatchObject({ status: "FILLED", client_order_id: near });
  const fills = await settle(connector.queries.fills({ instrument: BTC, order_id: asked.order_id }));
  expect(show(sum(fills.map((fill) => dec(fill.qty))))).toBe("0.01");
});

test("an exit is sent as reduce-only: without a position the exchange refuses it", async () => {
  const { connector, settle, venue } = await connectToVenue();
  const exit = order({ side: "SELL", entry: false, reduce_only: true });
  const problem = await settle(connector.desk.submit(exit)).catch(asProblem);
  expect(problem).toMatchObject({ code: "EXCHANGE_REFUSED", errors: [{ field: "exchange_code", message: "-2022" }] });
  expect(venue.trades().length).toBe(0);
});

test("cancelling what has ended answers how it ended; what never was is NOT_FOUND", async () => {
  const { connector, settle } = await connectToVenue();
  await settle(connector.desk.submit(order({})));
  const ref = { account: "main", instrument: BTC, conditional: false };
  const filled = await settle(connector.desk.cancel({ ...ref, client_order_id: "test-1" }));
  expect(filled.status).toBe("FILLED");
  const problem = await settle(connector.desk.cancel({ ...ref, client_order_id: "never" })).catch(asProblem);
  expect((problem as Problem).code).toBe("NOT_FOUND");
});

test("cancelling a stop that has triggered cancels the order that it sent", async () => {
  const { connector, settle, faulty, said, venue } = await connectToVenue();
  const bid = Number(said.tickers.filter((t) => t.instrument === BTC).at(-1)!.bid);
  const resting = order({ client_order_id: "sent", type: "LIMIT", price: (bid * 0.97).toFixed(1) });
  const sent = await settle(connector.desk.submit(resting));
  const algo = {
    ...{ symbol: "BTCUSDT", algoId: 7, clientAlgoId: "stop", algoStatus: "TRIGGERED", orderType: "STOP_MARKET" },
    ...{ side: "BUY", quantity: "0.010", triggerPrice: "1", actualOrderId: sent.order_id, updateTime: 1 },
  };
  faulty.fetch = ({ method, url }) => {
    if (!url.includes("/algoOrder")) return undefined;
    const gone = { status: 400, headers: {}, body: '{"code":-2011,"msg":"Unknown order sent."}' };
    return Promise.resolve(method === "DELETE" ? gone : { status: 200, headers: {}, body: JSON.stringify(algo) });
  };
  const ref = { account: "main", instrument: BTC, client_order_id: "stop", conditional: true };
  expect(await settle(connector.desk.cancel(ref))).toMatchObject({ status: "CANCELED", client_order_id: "stop" });
  expect(venue.orders().map((o) => [o.client_id, o.status])).toEqual([["sent", "CANCELED"]]);
});

test("a refusal by a filter makes S1 ask for the filters again", async () => {
  const { connector, settle, faulty, requests, pass } = await connectToVenue();
  faulty.fetch = (request) =>
    request.url.endsWith("/fapi/v1/order")
      ? Promise.resolve({ status: 400, headers: {}, body: '{"code":-1013,"msg":"Filter failure: PRICE_FILTER"}' })
      : undefined;
  const listings = () => requests.filter((r) => r.url.includes("exchangeInfo")).length;
  const before = listings();
  await settle(connector.desk.submit(order({}))).catch(asProblem);
  await pass(100);
  expect(listings()).toBe(before + 2);
});

test("a spot pair is one submission, and a repeat tells how both legs stand", async () => {
  const { connector, settle, said, venue } = await connectToVenue();
  await settle(connector.desk.submit(order({ instrument: SPOT_BTC, qty: "0.002", leverage: undefined })));
  const bid = Number(said.tickers.filter((t) => t.instrument === SPOT_BTC).at(-1)!.bid);
  const oco = {
    account: "main",
    instrument: SPOT_BTC,
    list_client_order_id: "pair",
    side: "SELL",
    qty: "0.001",
    take_profit_client_order_id: "pair-t",
    take_profit_price: (bid * 1.1).toFixed(2),
    stop_client_order_id: "pair-s",
    stop_price: (bid * 0.9).toFixed(2),
    stop_limit_price: (bid * 0.89).toFixed(2),
  } as const;
  const first = await settle(connector.desk.submitOco(oco));
  expect(first.map((o) => [o.client_order_id, o.status])).toEqual([
    ["pair-t", "NEW"],
    ["pair-s", "NEW"],
  ]);
  const count = venue.orders().length;
  expect((await settle(connector.desk.submitOco(oco))).map((o) => o.client_order_id)).toEqual(["pair-t", "pair-s"]);
  expect(venue.orders().length).toBe(count);
});

const unfit: [string, Parameters<typeof order>[0], string][] = [
  ["an exit that could open", { entry: false }, "RULE"],
  ["a spot buy as exit", { entry: false, instrument: SPOT_BTC }, "RULE"],
  ["a limit without price", { type: "LIMIT" }, "INVALID"],
  ["a stop without trigger", { type: "STOP_MARKET", entry: false, reduce_only: true }, "INVALID"],
  ["an unknown instrument", { instrument: "FUT:NOPEUSDT" }, "INSTRUMENT_DISABLED"],
  ["another account", { account: "other" }, "FORBIDDEN"],
];
test.each(unfit)("refused here: %s", async (_, given, code) => {
  const { connector, settle, requests } = await connectToVenue();
  const sent = requests.length;
  const problem = await settle(connector.desk.submit(order(given))).catch(asProblem);
  expect((problem as Problem).code).toBe(code as Problem["code"]);
  expect(requests.length).toBe(sent);
});
