import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { decideTrail, triggerAlgos } from "./algos.ts";
import { BTC, FuturesGround, refusal } from "./futures-ground.fixture.ts";

function ground(): FuturesGround {
  const g = new FuturesGround({ a: "1000", b: "1000000" });
  g.order("b", "SELL 1 60000");
  g.order("b", "BUY 1 59000", { tif: "GTX" });
  g.mark("59500");
  g.order("a", "BUY 0.02 MARKET");
  return g;
}

/** side, activation, callback %, then prices with the extreme after each; `!` triggers */
const TRAILS: [string, string, string, string][] = [
  ["SELL", "", "1", "100:100 101:101 100.5:101 102:102 100.98:102!"],
  ["SELL", "105", "1", "100: 104: 105:105 104.5:105 103.95:105!"],
  ["BUY", "", "2", "100:100 98:98 99.95:98 99.96:98!"],
  ["BUY", "95", "1", "100: 96: 95:95 94:94 94.94:94!"],
];

test("a trailing stop follows the market from its activation and triggers when the price has come back", () => {
  for (const [side, activation, callback, path] of TRAILS) {
    const algo = {
      side: side as "BUY",
      activate_price: activation === "" ? undefined : dec(activation),
      callback_rate: dec(callback),
      extreme: undefined as ReturnType<typeof dec> | undefined,
    };
    const seen = path.split(" ").map((step) => {
      const price = step.split(":")[0] as string;
      const { extreme, triggered } = decideTrail(algo, dec(price));
      algo.extreme = extreme;
      return `${price}:${extreme === undefined ? "" : show(extreme)}${triggered ? "!" : ""}`;
    });
    expect(seen.join(" ")).toBe(path);
  }
});

test("trailing stops survive in the journal with their extreme, and close at market", () => {
  const g = ground();
  const trailing = { type: "TRAILING_STOP_MARKET", side: "SELL", qty: dec("0.02"), reduce_only: true } as const;
  const algo = g.algo("a", { ...trailing, callback_rate: dec("1"), activate_price: dec("60000") }, "59500");
  g.mark("59900");
  expect(algo.extreme).toBeUndefined();
  g.mark("60100");
  g.mark("60600");
  expect(g.batches.flatMap(({ facts }) => facts).filter(({ fact }) => fact === "algo_trailed").length).toBe(2);
  g.mark("60000");
  expect(algo.status).toBe("NEW");
  g.mark("59994");
  expect([algo.status, g.held("a")]).toEqual(["FINISHED", "0"]);
});

test("STOP sends a limit order and is finished when that ends; TAKE_PROFIT takes its price from the book", () => {
  const g = ground();
  const stop = g.algo("a", {
    ...{ type: "STOP", side: "SELL", qty: dec("0.01"), reduce_only: true },
    ...{ trigger_price: dec("59200"), price: dec("59100"), tif: "GTC" },
  });
  const profit = g.algo("a", {
    ...{ type: "TAKE_PROFIT", side: "SELL", qty: dec("0.01"), trigger_price: dec("60500"), reduce_only: true },
    ...{ price_match: "QUEUE", price: dec("0"), tif: "GTC" },
  });
  g.mark("59200");
  const sent = g.state.orders.get(stop.order_id as number);
  expect([stop.status, sent?.type, sent?.status, show(sent?.price ?? dec("0"))]).toEqual([
    ...["TRIGGERED", "LIMIT", "NEW", "59100"],
  ]);
  g.order("b", "BUY 0.01 59100");
  expect([stop.status, sent?.status]).toEqual(["FINISHED", "FILLED"]);
  g.mark("60500");
  const matched = g.state.orders.get(profit.order_id as number);
  expect([profit.status, matched?.price_match, show(matched?.price ?? dec("0"))]).toEqual([
    ...["TRIGGERED", "QUEUE", "60000"],
  ]);
});

test("what cannot wait is refused, what cannot be sent is rejected or expires with its reason", () => {
  const g = ground();
  const stop = { type: "STOP_MARKET", side: "SELL", trigger_price: dec("59000"), close_position: true } as const;
  expect(refusal(() => g.algo("a", { ...stop, trigger_price: dec("59600") }, "59500"))).toBe("WOULD_TRIGGER");
  const trail = { type: "TRAILING_STOP_MARKET", side: "BUY", qty: dec("0.01"), callback_rate: dec("1") } as const;
  expect(refusal(() => g.algo("a", { ...trail, activate_price: dec("59500") }, "59500"))).toBe("WOULD_TRIGGER");
  const one = g.algo("a", stop, "59500");
  expect(refusal(() => g.algo("a", { ...stop, trigger_price: dec("58000") }, "59500"))).toBe("CLOSE_EXISTS");
  expect(refusal(() => g.algo("a", { ...stop, client_id: one.client_id }, "59500"))).toBe("DUPLICATE_ID");
  expect(refusal(() => g.algo("a", { ...stop, position_side: "LONG" }, "59500"))).toBe("WRONG_SIDE");
  g.order("a", "SELL 0.02 MARKET");
  const dear = g.algo("a", { type: "STOP_MARKET", side: "BUY", trigger_price: dec("61000"), qty: dec("0.9") });
  g.mark("58900");
  expect([one.status, one.reason]).toEqual(["EXPIRED", "REDUCE_ONLY"]);
  g.mark("61000");
  expect([dear.status, dear.reason, dear.order_id]).toEqual(["REJECTED", "NO_MARGIN", undefined]);
});

test("a price-protected stop waits while mark and last price are too far apart", () => {
  const g = ground();
  const stop = { type: "STOP_MARKET", side: "SELL", qty: dec("0.02"), trigger_price: dec("56000") } as const;
  const guarded = g.algo("a", { ...stop, price_protect: true });
  const at = (price: string, other: string) =>
    g.run(() =>
      triggerAlgos(g.exchange, { instrument: BTC, working: "MARK_PRICE", price: dec(price), other: dec(other) }),
    );
  at("55000", "59000");
  expect(guarded.status).toBe("NEW");
  at("55000", "57000");
  expect(guarded.status).toBe("FINISHED");
});
