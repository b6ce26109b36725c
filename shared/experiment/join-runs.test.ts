/** Runs one after another: the whole earns what its parts earned. */
import { describe, expect, test } from "bun:test";
import { dec, sub, sum } from "../domain/money.ts";
import { joinRuns } from "./join-runs.ts";
import { summaryOf } from "./run-summary.ts";
import { DAY, partOf, START } from "./runs.fixture.ts";

const gain = ({ equity }: { equity: readonly { equity_usdt: string }[] }) =>
  sub(dec(equity.at(-1)!.equity_usdt), dec(equity[0]!.equity_usdt));

describe("joined runs", () => {
  const parts = [
    partOf(START, 40, { seed: 1 }),
    partOf(START + 40 * DAY, 30, { seed: 2 }),
    partOf(START + 90 * DAY, 10, { seed: 3 }),
  ];

  test("earn the sum of what each earned, with all trades and costs", () => {
    const whole = joinRuns(parts);
    expect(gain(whole)).toBe(sum(parts.map(gain)));
    expect([whole.from_ts, whole.to_ts]).toEqual([START, START + 100 * DAY]);
    expect(whole.trades).toHaveLength(13 + 10 + 3);
    expect(whole.costs).toMatchObject({ fees_usdt: "3", funding_usdt: "-1.5", notional_usdt: "600", maker_share: 0.5 });
    expect(summaryOf(whole)).toMatchObject({ signals: 30, trades: 26, fees_usdt: "3" });
    expect(whole.equity.every(({ ts }, i) => i === 0 || ts > whole.equity[i - 1]!.ts)).toBe(true);
  });
  test("closed up, have no time between them", () => {
    const closed = joinRuns(parts, true);
    expect(closed.equity.at(-1)?.ts).toBe(START + 80 * DAY);
    expect(closed.trades.at(-1)?.closed_at).toBe(parts[2]!.trades.at(-1)!.closed_at! - 20 * DAY);
    expect(gain(closed)).toBe(sum(parts.map(gain)));
  });
  test("of one is that one", () => {
    expect(joinRuns([parts[0]!])).toBe(parts[0]!);
  });
});
