/** Trade metrics: by hand, and their identities on random trades. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { show } from "../../domain/money.ts";
import { exposure, type TradeResult, tradedNotional, tradeMetrics } from "./trade-metrics.ts";

const trade = (opened_at: number, closed_at: number | undefined, pnl_usdt: string): TradeResult => ({
  opened_at,
  ...(closed_at !== undefined && { closed_at }),
  pnl_usdt,
  entry_cost_usdt: "100",
  exit_value_usdt: "101.5",
});

test("by hand: two wins, a loss, one that made nothing, one still open", () => {
  const trades = [
    trade(0, 10, "30"),
    trade(5, 20, "-12.5"),
    trade(30, 40, "10"),
    trade(40, 45, "0"),
    trade(50, undefined, "7"),
  ];
  expect(tradeMetrics(trades)).toEqual({
    closed: 4,
    open: 1,
    wins: 2,
    losses: 1,
    hit_rate: 0.5,
    gross_profit_usdt: "40",
    gross_loss_usdt: "12.5",
    profit_factor: 3.2,
    average_win_usdt: "20",
    average_loss_usdt: "12.5",
    payoff: 1.6,
    expectancy_usdt: "6.875",
    net_usdt: "27.5",
    average_hold_ms: 10,
  });
  // 0 to 20, 30 to 45, 50 to the end.
  expect(exposure(trades, 0, 100)).toBe((20 + 15 + 50) / 100);
  expect(show(tradedNotional(trades))).toBe("1007.5");
});

test("no trades, no losses, no wins", () => {
  const nothing = { hit_rate: null, profit_factor: null, payoff: null, expectancy_usdt: null, average_hold_ms: null };
  expect(tradeMetrics([])).toMatchObject({ ...nothing, closed: 0, net_usdt: "0", average_win_usdt: null });
  expect(tradeMetrics([trade(0, 1, "5")])).toMatchObject({ profit_factor: null, payoff: null, hit_rate: 1 });
  expect(tradeMetrics([trade(0, 1, "-5")])).toMatchObject({ profit_factor: 0, payoff: null, hit_rate: 0 });
  expect([exposure([], 0, 10), exposure([], 5, 5)]).toEqual([0, null]);
  expect(tradeMetrics([trade(0, 1, "0.1"), trade(0, 1, "0"), trade(0, 1, "0")]).expectancy_usdt).toBe("0.03333333");
});

test("on random trades: the exposure is the share of moments with one open, and money adds up", () => {
  const one = fc.tuple(fc.nat(60), fc.option(fc.nat(30)), fc.integer({ min: -500, max: 500 }));
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (list) => {
      const trades = list.map(([from, length, cents]) =>
        trade(from, length === null ? undefined : from + length, String(cents / 100)),
      );
      const [from, to] = [10, 70];
      const moments = Array.from({ length: to - from }, (_, i) => from + i);
      const busy = moments.filter((t) => trades.some((x) => x.opened_at <= t && t < (x.closed_at ?? to)));
      expect(exposure(trades, from, to)).toBeCloseTo(busy.length / moments.length, 12);
      const told = tradeMetrics(trades);
      expect(Number(told.gross_profit_usdt) - Number(told.gross_loss_usdt)).toBeCloseTo(Number(told.net_usdt), 9);
      if (told.expectancy_usdt === null) return;
      const wins = told.hit_rate! * Number(told.average_win_usdt ?? 0);
      const losses = (told.losses / told.closed) * Number(told.average_loss_usdt ?? 0);
      expect(Number(told.expectancy_usdt)).toBeCloseTo(wins - losses, 6);
    }),
    { seed: 14, numRuns: 300 },
  );
});
