import { expect, test } from "bun:test";
import { dec, show } from "../domain/money.ts";
import { BTC, Ground, whyRefused } from "./spot-ground.fixture.ts";
import { activate, turnPrice, waits } from "./stops.ts";

const rich = { USDT: "1000000", BTC: "100" };
const at = (ground: Ground, price: string) => {
  ground.last.set(BTC, dec(price));
  ground.run(() => activate(ground.exchange, BTC, dec(price)));
};

test("a stop that would trigger at once is refused, one on its side waits and then works", () => {
  const ground = new Ground({ a: rich, b: rich });
  ground.order("b", "BUY LIMIT 5 @ 58000");
  ground.last.set(BTC, dec("60000"));
  for (const [text, why] of [
    ["SELL STOP_LOSS 1 > 60000", "WOULD_TRIGGER"],
    ["BUY STOP_LOSS 1 > 60000", "WOULD_TRIGGER"],
    ["SELL TAKE_PROFIT 1 > 60000", "WOULD_TRIGGER"],
    ["BUY TAKE_PROFIT 1 > 60000", "WOULD_TRIGGER"],
  ] as const) {
    expect(whyRefused(() => ground.order("a", text))).toBe(why);
  }
  const stop = ground.order("a", "SELL STOP_LOSS_LIMIT 1 @ 58500 > 59000");
  expect([stop.status, stop.working, waits(ground.exchange, BTC)]).toEqual(["NEW", false, true]);
  at(ground, "59000.01");
  expect(stop.working).toBe(false);
  at(ground, "59000");
  expect([stop.status, stop.working]).toEqual(["NEW", true]);
  expect(ground.books.get(BTC)!.lotsAt("SELL", 5_850_000)).toBe(100_000);
});

/** Stop price, trailing basis points, the prices that come, and the one that sends it. */
const SCENARIOS: [string, string, number, string[], string][] = [
  ["SELL STOP_LOSS 1", "39000", 1000, ["41500", "39000", "37000", "41000", "36900.01"], "36900"],
  ["BUY STOP_LOSS 1", "44000", 500, ["37000", "44000", "45000", "46000", "42000", "44099.99"], "44100"],
  ["BUY TAKE_PROFIT 1", "38000", 850, ["42000", "38000", "37000", "39000", "38000", "40144.99"], "40145"],
  ["SELL TAKE_PROFIT 1", "42000", 750, ["41500", "39000", "42000", "45000", "44000", "46500", "43012.51"], "43012.5"],
  ["SELL STOP_LOSS 1", "", 700, ["42000", "39500", "45500", "42315.01"], "42315"],
];

test("a trailing order follows the best price from its stop on, and works when the price has come back far enough", () => {
  for (const [text, stop, delta, quiet, sends] of SCENARIOS) {
    const ground = new Ground({ a: rich, b: rich });
    ground.order("b", "BUY LIMIT 5 @ 30000");
    ground.order("b", "SELL LIMIT 5 @ 50000");
    ground.last.set(BTC, dec("40000"));
    const order = ground.order("a", stop === "" ? text : `${text} > ${stop}`, { trailing_delta: delta });
    for (const price of quiet) at(ground, price);
    expect([text, order.status]).toEqual([text, "NEW"]);
    at(ground, sends);
    expect([text, order.status]).toEqual([text, "FILLED"]);
  }
  expect(show(turnPrice(dec("41000"), 1000, "SELL"))).toBe("36900");
});

test("a buying stop that the account cannot pay for when it works ends unfilled, and the hold returns", () => {
  const ground = new Ground({ a: { USDT: "60000" }, b: rich });
  ground.order("b", "SELL LIMIT 1 @ 70000");
  const stop = ground.order("a", "BUY STOP_LOSS 1 > 60000");
  expect(show(ground.held("a", "USDT"))).toBe("60000");
  at(ground, "60000");
  expect([stop.status, stop.end_reason]).toEqual(["EXPIRED", "no_funds"]);
  expect([show(ground.free("a", "USDT")), show(ground.held("a", "USDT"))]).toEqual(["60000", "0"]);
});
