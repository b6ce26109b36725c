import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Order, OrderAnswer } from "../../shared/domain/order.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";

/** Longer than any plan of these tests runs. */
const SETTLED_MS = 15_000;

let desk: Desk;
const open = async (seed: string): Promise<void> => {
  desk = await Desk.open({ seed, instruments: [FUT, SPOT] });
};

interface Said {
  status: number;
  body: Record<string, unknown> & { code?: string; message?: string };
}
/** A trader's request at the router's own door, with the clock running until it is answered. */
async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Said> {
  const { clock, world, services } = desk.sim;
  const tokens = createTokens(world.serviceKey, clock);
  const token = await desk.answered(tokens.mint("s12", "s04", { id: "ann", role: "trader" }));
  const all = { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers };
  const init = { method, headers: all, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const request = new Request(`http://s04${path}`, init);
  const answer = await desk.answered(services.hosted.get("s04")!.fetch(request));
  return { status: answer.status, body: (await answer.json()) as Said["body"] };
}
const place = (instrument: typeof FUT, over = {}) => ask("POST", "/orders", { intent: intentOf(instrument, over) });
/** An entry of about 300 USDT; `undefined` takes a field away. */
const intentOf = (instrument: typeof FUT, over = {}) => ({
  ...desk.intent(instrument),
  exec: { policy: "MARKET" },
  ...over,
});
const failure = ({ status, body }: Said) => [status, body.code];
const storyOf = async (intent_id: string) =>
  (await ask("GET", `/intents/${intent_id}`)).body as unknown as { orders: Order[]; intent: { answer: OrderAnswer } };
const resting = (over = {}) => ({
  ...{ type: "LIMIT", price: desk.price(FUT, 0.97), exec: undefined },
  stop_loss: { price: desk.price(FUT, 0.95) },
  ...over,
});
/** Flat, quiet, and without a fault. */
async function clean(): Promise<void> {
  desk.clearFaults();
  await desk.cancelAll();
  for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
  await desk.sim.advance(SETTLED_MS);
  expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
}

describe("maker and taker on futures", () => {
  beforeAll(() => open("makers"));
  afterAll(clean);

  test("the maker is filled in time: no taker follows", async () => {
    const maker = { policy: "MAKER_THEN_TAKER", maker_wait_ms: 10_000, twap: { slices: 1, interval_ms: 1_000 } };
    const first = await place(FUT, { intent_id: "maker", exec: maker });
    expect([first.status, first.body.status]).toEqual([202, "WORKING"]);
    const [client_id] = first.body.client_order_ids as string[];
    await desk.fault({ kind: "fill", account: "main", market: "FUT", client_id });
    await desk.sim.advance(SETTLED_MS);
    const { orders, intent } = await storyOf("maker");
    expect(intent.answer).toMatchObject({ status: "FILLED", client_order_ids: [client_id] });
    expect(intent.answer.fills.every((fill) => fill.maker)).toBe(true);
    expect(orders.filter((order) => order.leg.startsWith("e")).map((order) => order.type)).toEqual(["LIMIT_MAKER"]);
  });

  test("the maker times out: it is cancelled, and a taker takes the rest", async () => {
    const maker = { policy: "MAKER_THEN_TAKER", maker_wait_ms: 300, twap: { slices: 1, interval_ms: 1_000 } };
    const price = desk.price(FUT, 0.98);
    const stop_loss = { price: desk.price(FUT, 0.95) };
    await place(FUT, { intent_id: "taker", exec: maker, price, stop_loss });
    await desk.sim.advance(SETTLED_MS);
    const { orders, intent } = await storyOf("taker");
    const own = orders.filter((order) => order.leg.startsWith("e")).map(({ type, status }) => [type, status]);
    expect(own).toEqual([
      ["LIMIT_MAKER", "CANCELED"],
      ["MARKET", "FILLED"],
    ]);
    expect(intent.answer.status).toBe("FILLED");
  });
});

describe("what is refused, with its status and code", () => {
  beforeAll(() => open("refusals"));
  afterAll(clean);

  const rows: [string, typeof FUT, () => object, number, string][] = [
    ["below the min notional", SPOT, () => ({ qty: "0.00005", notional_usdt: undefined }), 422, "MIN_NOTIONAL"],
    ["below one step", FUT, () => ({ notional_usdt: "20" }), 422, "MIN_NOTIONAL"],
    ["a quantity off its step", FUT, () => ({ qty: "0.00512", notional_usdt: undefined }), 400, "OFF_STEP"],
    ["a price off its tick", FUT, () => resting({ price: `${desk.price(FUT, 0.97)}123` }), 400, "OFF_TICK"],
    [
      "reduce-only without a position",
      FUT,
      () => ({ kind: "EXIT", side: "SELL", reduce_only: true }),
      422,
      "NO_POSITION",
    ],
    ["a stop without its price", FUT, () => ({ kind: "SL", side: "SELL", type: "STOP_MARKET" }), 400, "INVALID"],
    [
      "a target without its price",
      FUT,
      () => ({ kind: "TP", side: "SELL", type: "TAKE_PROFIT_MARKET" }),
      400,
      "INVALID",
    ],
    ["a stop above a BUY's entry", FUT, () => ({ stop_loss: { price: desk.price(FUT, 1.01) } }), 400, "INVALID"],
    [
      "a stop below a SELL's entry",
      FUT,
      () => ({ side: "SELL", stop_loss: { price: desk.price(FUT, 0.99) }, take_profit: undefined }),
      400,
      "INVALID",
    ],
    [
      "more than the risk budget",
      FUT,
      () => ({ notional_usdt: "90000", stop_loss: { price: desk.price(FUT, 0.9) } }),
      422,
      "BUDGET",
    ],
    [
      "an instrument that is not enabled",
      "FUT:ETHUSDT" as typeof FUT,
      () => ({ stop_loss: undefined, take_profit: undefined }),
      422,
      "INSTRUMENT_DISABLED",
    ],
    ["past its valid_until", FUT, () => ({ valid_until: desk.sim.clock.now() - 1 }), 422, "EXPIRED_INTENT"],
    ["OCO on futures", FUT, () => ({ exec: { policy: "OCO", oco: { take_profit: "1", stop: "1" } } }), 400, "INVALID"],
    ["a number that is none", FUT, () => ({ notional_usdt: "NaN" }), 400, "INVALID"],
  ];
  test.each(rows)("%s", async (_what, instrument, over, status, code) => {
    const sent = desk.venue.orders().length;
    const base = { ...intentOf(FUT), instrument };
    expect(failure(await ask("POST", "/orders", { intent: { ...base, ...over() } }))).toEqual([status, code]);
    expect(desk.venue.orders().length).toBe(sent);
  });
});

describe("what is refused for now", () => {
  beforeAll(() => open("for now"));
  afterAll(clean);

  test("under the kill switch", async () => {
    await desk.answered(desk.kill(true));
    expect(failure(await place(FUT))).toEqual([409, "KILL_SWITCH"]);
    await desk.answered(desk.kill(false));
  });

  test("an order of unknown outcome on the instrument, until it is known", async () => {
    await desk.fault({ kind: "timeout_after_accept", market: "FUT", symbol: "BTCUSDT", count: 1, hold_ms: 0 });
    await desk.fault({ kind: "lagging_queries", lag_ms: 20_000 });
    await desk.fault({ kind: "drop_streams", for_ms: 5_000 });
    const lost = await place(FUT, { intent_id: "lost" });
    expect([lost.status, lost.body.status]).toEqual([202, "UNKNOWN"]);
    expect(failure(await place(FUT))).toEqual([409, "ORDER_UNKNOWN"]);
    expect((await place(SPOT)).status).toBeLessThan(300);
    desk.clearFaults();
    await desk.sim.advance(60_000);
    expect((await storyOf("lost")).intent.answer.status).toBe("FILLED");
    expect((await place(FUT)).status).toBeLessThan(300);
  });
});

describe("once only", () => {
  beforeAll(() => open("once"));
  afterAll(clean);

  test("a repeated intent gets the first answer, another body is refused", async () => {
    const intent = intentOf(FUT, { intent_id: "again" });
    const first = await ask("POST", "/orders", { intent });
    expect(first.status).toBe(200);
    await desk.sim.advance(SETTLED_MS);
    const sent = desk.venue.orders().length;
    expect(await ask("POST", "/orders", { intent })).toEqual(first);
    expect(failure(await ask("POST", "/orders", { intent: { ...intent, notional_usdt: "301" } }))).toEqual([
      422,
      "KEY_REUSED",
    ]);
    expect(desk.venue.orders().length).toBe(sent);
  });

  test("while the first request runs its repeat is told so, and nothing is sent twice", async () => {
    const intent = intentOf(FUT, { intent_id: "both" });
    await desk.fault({ kind: "delay", path: "/fapi/v1/order", delay_ms: 200, count: 1 });
    const [first, second] = await Promise.all([
      desk.place(intent as never),
      desk.place(intent as never),
      desk.sim.advance(2_000),
    ]);
    expect(first).toMatchObject({ intent_id: "both" });
    expect(second).toBe("STILL_RUNNING");
    desk.clearFaults();
    await desk.sim.advance(SETTLED_MS);
    const { orders } = await storyOf("both");
    expect(orders.filter((order) => order.leg.startsWith("e")).length).toBe(1);
  });

  test("by its Idempotency-Key too", async () => {
    const key = { "idempotency-key": "one" };
    const intent = intentOf(FUT, { intent_id: "keyed" });
    const first = await ask("POST", "/orders", { intent }, key);
    expect(await ask("POST", "/orders", { intent }, key)).toEqual(first);
    expect(failure(await ask("POST", "/orders", { intent: intentOf(FUT) }, key))).toEqual([422, "KEY_REUSED"]);
  });
});

describe("cancel", () => {
  beforeAll(() => open("cancels"));
  afterAll(clean);

  test.each(["order_id", "client_order_id", "intent_id"] as const)("a resting entry by its %s, twice", async (by) => {
    const placed = (await place(FUT, resting({ intent_id: `rest-${by}` }))).body as unknown as OrderAnswer;
    expect(placed.status).toBe("ACCEPTED");
    const id = {
      order_id: placed.order_ids[0],
      client_order_id: placed.client_order_ids[0],
      intent_id: placed.intent_id,
    };
    const first = await ask("POST", "/cancel", { [by]: id[by] });
    expect(first).toEqual({ status: 200, body: { result: "CANCELED", order_ids: placed.order_ids } });
    expect(await ask("POST", "/cancel", { [by]: id[by] })).toEqual(first);
  });

  test("of a filled order is refused, of an unknown one not found, by each id", async () => {
    const placed = (await place(FUT)).body as unknown as OrderAnswer;
    await desk.sim.advance(2_000);
    const { intent } = await storyOf(placed.intent_id);
    const [order_id] = intent.answer.order_ids;
    const [client_order_id] = intent.answer.client_order_ids;
    for (const id of [{ order_id }, { client_order_id }, { intent_id: placed.intent_id }]) {
      expect(failure(await ask("POST", "/cancel", id))).toEqual([409, "ALREADY_FILLED"]);
    }
    for (const id of [{ order_id: "77" }, { client_order_id: "none" }, { intent_id: "none" }]) {
      expect(failure(await ask("POST", "/cancel", id))).toEqual([404, "NOT_FOUND"]);
    }
  });

  test("of one of a spot pair cascades to the other", async () => {
    const placed = (await place(SPOT, { intent_id: "pair" })).body as unknown as OrderAnswer;
    await desk.sim.advance(SETTLED_MS);
    const { orders } = await storyOf(placed.intent_id);
    const [one, other] = orders.filter((order) => order.status === "NEW");
    expect([one?.instrument, other?.instrument]).toEqual([SPOT, SPOT]);
    const said = await ask("POST", "/cancel", { client_order_id: one!.client_order_id });
    expect(said.status).toBe(200);
    expect(new Set(said.body.order_ids as string[])).toEqual(new Set([one!.order_id!, other!.order_id!]));
  });
});

describe("stops and targets that people place", () => {
  beforeAll(() => open("stops"));
  afterAll(clean);

  test("SL and TP by STOP_MARKET and TAKE_PROFIT_MARKET move the position's own", async () => {
    await place(FUT, { intent_id: "held" });
    await desk.sim.advance(SETTLED_MS);
    const [stop_price, target] = [desk.price(FUT, 0.995), desk.price(FUT, 1.03)];
    const stop = { intent_id: "move-sl", instrument: FUT, kind: "SL", side: "SELL", type: "STOP_MARKET", stop_price };
    expect((await ask("POST", "/orders", { intent: stop })).status).toBeLessThan(300);
    const take = { ...stop, intent_id: "move-tp", kind: "TP", type: "TAKE_PROFIT_MARKET", stop_price: target };
    expect((await ask("POST", "/orders", { intent: take })).status).toBeLessThan(300);
    await desk.sim.advance(SETTLED_MS);
    const standing = desk.venue.algos().filter((order) => order.status === "NEW");
    expect(standing.length).toBe(2);
    const open = (await ask("GET", "/orders?open=true")).body.items as Order[];
    expect(new Set(open.map((order) => order.stop_price))).toEqual(new Set([stop_price, target]));
  });

  test("an OCO of which one leg is refused leaves no leg alone: the guard is armed until the pair stands", async () => {
    await desk.fault({ kind: "answer", path: "/api/v3/orderList/oco", count: 3, status: 400, code: -2010 });
    const oco = { take_profit: desk.price(SPOT, 1.02), stop: desk.price(SPOT, 0.99) };
    const over = { intent_id: "oco", exec: { policy: "OCO", oco }, stop_loss: undefined, take_profit: undefined };
    expect((await place(SPOT, over)).status).toBeLessThan(300);
    await desk.sim.advance(1_000);
    const { intent } = await storyOf("oco");
    expect(intent.answer.protection).toMatchObject({ guard_armed: true });
    desk.clearFaults();
    await desk.sim.advance(SETTLED_MS);
    const after = await storyOf("oco");
    expect(after.intent.answer.protection).toMatchObject({ guard_armed: false });
    expect(
      after.orders
        .filter((order) => order.status === "NEW")
        .map((order) => order.kind)
        .sort(),
    ).toEqual(["SL", "TP"]);
  });
});
