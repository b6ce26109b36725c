import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { exchange, position, router } from "../../shared/contracts.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import { answers, defineService, type Role } from "../../shared/kit/service.ts";
import { type OrderResult, orderResults, ticker } from "../../shared/streams.ts";
import { BARE, configNeighbour } from "../../shared/testing/neighbours.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import s06 from "./service.ts";

const FUT = "FUT:BTCUSDT";
const START = Date.UTC(2026, 0, 5, 12);
const bundle = Bundle.parse({
  format: 1,
  bundle_id: "b",
  rev: 4,
  factors: [],
  strategies: [],
  instruments: [{ instrument: FUT }],
});
const listing = {
  ...{ instrument: FUT, market: "FUT" as const, symbol: "BTCUSDT", base: "BTC", quote: "USDT" },
  ...{ status: "TRADING" as const, tick_size: "0.1", step_size: "0.001", min_qty: "0.001", max_qty: "1000" },
  ...{ min_notional: "5", updated_at: 0 },
};
const clock = new VirtualClock(START);
const asked: Intent[] = [];

/** The three services that S6 asks, as small as they can be. */
const s10 = configNeighbour({ rev: 4, activated_at: START, bundle });
const s01 = defineService({
  ...BARE,
  ...{ id: "s01", name: "s01-exchange", title: "Exchange Connectors", port: 8081 },
  setup: () => ({
    verbs: [
      answers(exchange.methods.getInstruments, {
        ...{ name: "getInstruments", summary: "Instruments" },
        run: () => ({ instruments: [listing] }),
      }),
    ],
  }),
});
const s04 = defineService({
  ...BARE,
  ...{ id: "s04", name: "s04-router", title: "Order Router", port: 8084 },
  setup: () => ({
    verbs: [
      answers(router.methods.placeOrder, {
        ...{ name: "placeOrder", summary: "Place" },
        run({ intent }) {
          asked.push(intent);
          return answerOf(intent.intent_id);
        },
      }),
    ],
  }),
});
const answerOf = (intent_id: string) => ({
  ...{ intent_id, status: "FILLED" as const, order_ids: [], client_order_ids: [] },
  ...{ filled_qty: "1", fills: [] },
});

let world: SimWorld;
let all: Constellation;

async function finish<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await clock.run(() => done);
  return work;
}

/** A request of a person with this role, as the gateway would pass it on. */
async function ask(method: string, path: string, { body, role = "trader" }: { body?: unknown; role?: Role } = {}) {
  const tokens = createTokens(world.serviceKey, clock);
  const token = await finish(tokens.mint("s12", "s06", { id: "ann", role }));
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}`, "idempotency-key": path };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await finish(all.hosted.get("s06")!.fetch(new Request(`http://127.0.0.1${path}`, init)));
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function opened(): Promise<void> {
  const now = clock.now();
  const stamp = { instrument: FUT, exch_ts: now, ts: now };
  await world.bus.publish(
    ticker,
    { ...stamp, seq: 1, bid: "100", ask: "100.1", bid_qty: "1", ask_qty: "1" },
    { key: FUT },
  );
  const fill = {
    ...{ fill_id: "1", account: "main", instrument: FUT, intent_id: "sig:entry", client_order_id: "c", order_id: "o" },
    ...{ kind: "ENTRY", side: "BUY", price: "100", qty: "1", fee: "0", fee_asset: "USDT", fee_usdt: "0.05" },
    ...{ maker: false, mid_at_send: 100, slippage_bps: 0, trade_id: "sig", ts: now },
  };
  const intent = {
    ...{
      intent_id: "sig:entry",
      account: "main",
      instrument: FUT,
      kind: "ENTRY",
      side: "BUY",
      qty: "1",
      type: "MARKET",
    },
    ...{ working_type: "MARK_PRICE", reduce_only: false, leverage: 20, margin: "ISOLATED", stop_loss: { price: "98" } },
  };
  const result = {
    intent,
    answer: answerOf("sig:entry"),
    orders: [],
    fills: [fill],
    ts: now,
  } as unknown as OrderResult;
  await finish(world.bus.publish(orderResults, result, { key: FUT, id: "r1" }));
  await clock.run(clock.now() + 100);
}

beforeAll(async () => {
  world = simulatedWorld({ clock, net: {} as never, seed: 1, freeze: true });
  all = await constellation([s01, s04, s06, s10], ["s01", "s04", "s06", "s10"], world);
  await finish(all.start());
  await opened();
});
afterAll(() => finish(all.stop()));

describe("the position manager behind the kit", () => {
  test("tells trades as CSV to who asks for it", async () => {
    const token = await finish(createTokens(world.serviceKey, clock).mint("s12", "s06", { id: "ann", role: "viewer" }));
    const headers = { accept: "text/csv", authorization: `Bearer ${token}` };
    const answer = await finish(all.hosted.get("s06")!.fetch(new Request("http://127.0.0.1/trades", { headers })));
    expect(answer.headers.get("content-type")).toStartWith("text/csv");
    const [header, line] = (await answer.text()).split("\r\n");
    expect(header).toStartWith("trade_id,account,instrument,strategy_id");
    expect(line).toStartWith("sig,main,FUT:BTCUSDT,manual,,BUY,ACTIVE,2026-01-05T12:00:00.000Z,,1,0,1,100,");
  });

  test("shows the trade that the router's stream made", async () => {
    const { body } = await ask("GET", "/positions");
    expect(body.items).toMatchObject([
      { trade: { trade_id: "sig", avg_entry: "100", stop_price: "98" }, price: "100" },
    ]);
    expect((await ask("GET", "/trades/sig")).body).toMatchObject({ status: "ACTIVE", config_rev: 4 });
    expect((await ask("GET", "/trades?limit=1&status=ACTIVE")).body.items).toHaveLength(1);
    expect((await ask("GET", "/ready")).status).toBe(200);
  });

  const rows: [string, string, string, object, number, string][] = [
    ["an unknown trade", "GET", "/trades/nope", {}, 404, "NOT_FOUND"],
    [
      "a viewer manages nothing",
      "POST",
      "/positions/manage",
      { body: { actions: ["CLOSE"] }, role: "viewer" },
      403,
      "FORBIDDEN",
    ],
    ["no action", "POST", "/positions/manage", { body: { actions: [] } }, 400, "INVALID"],
    ["a stop without a price", "POST", "/positions/manage", { body: { actions: ["SET_STOP"] } }, 400, "INVALID"],
    ["results by nothing known", "GET", "/pnl?by=mood", {}, 400, "INVALID"],
  ];
  test.each(rows)("%s", async (_what, method, path, request, status, code) => {
    const answer = await ask(method, path, request);
    expect([answer.status, answer.body.code]).toEqual([status, code] as never);
  });

  test("flatten asks the router for the exit, over RPC as over REST", async () => {
    const service = { kind: "service", id: "s12", role: "admin" } as const;
    const first = await finish(all.hosted.get("s06")!.call(position.methods.flatten, { reason: "kill" }, service));
    expect(first).toEqual({ closing: ["sig"] });
    const again = await ask("POST", "/positions/flatten", { body: { reason: "test" }, role: "risk" });
    expect(again.body).toEqual({ closing: ["sig"] });
    expect(asked).toMatchObject([{ intent_id: "sig:CLOSE:1", kind: "EXIT", side: "SELL", reduce_only: true }]);
  });
});
