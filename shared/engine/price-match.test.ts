import { expect, test } from "bun:test";
import { show } from "../domain/money.ts";
import { BTC, FuturesGround, refusal } from "./futures-ground.fixture.ts";
import { matchedPrice } from "./price-match.ts";

test("prices are matched to the best or a deeper level of either side, where there is one", () => {
  const g = new FuturesGround({ b: "1000000" });
  for (let i = 0; i < 5; i++) {
    g.order("b", `SELL 0.01 ${60_000 + i}`);
    g.order("b", `BUY 0.01 ${59_990 - i}`);
  }
  const cases = [
    ["BUY", "OPPONENT", "60000"],
    ["BUY", "OPPONENT_5", "60004"],
    ["SELL", "OPPONENT", "59990"],
    ["BUY", "QUEUE", "59990"],
    ["SELL", "QUEUE_5", "60004"],
  ] as const;
  for (const [side, match, price] of cases) {
    expect([side, match, show(matchedPrice(g.exchange, { instrument: BTC, side, match }))]).toEqual([
      side,
      match,
      price,
    ]);
  }
  expect(refusal(() => matchedPrice(g.exchange, { instrument: BTC, side: "BUY", match: "OPPONENT_10" }))).toBe(
    "NO_MATCH",
  );
});
