import { expect, test } from "bun:test";
import { randomBars } from "../../testing/market-events.ts";
import type { Bar } from "./bars.ts";
import { bitsOf, FUT, pairOf, SPOT } from "./families.fixture.ts";
import { barsNeeded, type Course, recompute, type Span } from "./recompute.ts";
import { FAMILIES } from "./registry.ts";

const WINDOW = "1m";
const factors = FAMILIES.filter(({ needs, fixed }) => needs.includes("bar") && fixed === undefined).map(({ example }) =>
  example.replace(/_(?:5s|15s|5m|1d)(?=@|$)/, "_1m"),
);
const course: Course = {
  instrument: FUT,
  window: WINDOW,
  factors: [...factors, "mid", "ema_20_5s", `rv_20_1m@${SPOT}`],
};
const bars = { [FUT]: randomBars(41, 2_400), [SPOT]: randomBars(42, 2_400) };
const MS = { "1m": 60_000, "5m": 300_000, "15m": 900_000 } as const;

function longer(some: readonly Bar[], ms: number): Bar[] {
  return [...Map.groupBy(some, ({ openTs }) => Math.floor(openTs / ms) * ms)].map(([openTs, group]) => ({
    ...group.at(-1)!,
    ...{ openTs, endTs: openTs + ms, open: group[0]!.open, close: group.at(-1)!.close },
  }));
}
const spansFrom = (fromTs: number, toTs: number): Span[] =>
  barsNeeded(course).map(({ instrument, timeframe, warmUp }) => {
    const ms = MS[timeframe as "1m"];
    const all = longer(bars[instrument as typeof FUT]!, ms);
    return {
      ...{ instrument, timeframe },
      bars: all.filter(({ openTs, endTs }) => openTs >= fromTs - warmUp * ms && endTs <= toTs),
    };
  });
const [first, last] = [bars[FUT]![0]!.openTs, bars[FUT]!.at(-1)!.endTs];
const whole = recompute(course, spansFrom(first, last), { fromTs: first, toTs: last });

test("values are those of an engine that was fed bar by bar, every factor of the window known and no other told", () => {
  expect(whole).toHaveLength(2_400);
  const ids = [...factors, `rv_20_1m@${SPOT}`];
  const pair = pairOf(ids, ["log_ret_60_1m", "close_1m", "rv_20_1m"]);
  for (const [at, bar] of bars[FUT]!.entries()) {
    pair.peer.onClosedBar("1m", bars[SPOT]![at]!);
    pair.own.onClosedBar("1m", bar);
    for (const tf of ["5m", "15m"] as const) {
      if (bar.endTs % MS[tf] === 0)
        pair.own.onClosedBar(tf, longer(bars[FUT]!.slice(at + 1 - MS[tf] / 60_000, at + 1), MS[tf])[0]!);
    }
    if (at % 97 === 0) expect(bitsOf(whole[at]!.values)).toEqual(bitsOf(pair.own.values()));
  }
  const never = ids.filter((id) => whole.every(({ values }) => values[id] === null));
  expect(never).toEqual([]);
});

test("a part computed by itself has the values of the whole to the last digits, wherever it begins", () => {
  const from = first + 1_900 * 60_000;
  const part = recompute(course, spansFrom(from, last), { fromTs: from, toTs: last });
  expect(part.map(({ ts }) => ts)).toEqual(whole.slice(1_900).map(({ ts }) => ts));
  for (const [at, { values }] of part.entries()) {
    for (const [id, value] of Object.entries(values)) {
      const other = whole[1_900 + at]!.values[id]!;
      if (value === null) expect(other).toBeNull();
      else if (!(Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(other))))
        expect([id, at, value]).toEqual([id, at, other]);
    }
  }
});

test("a hole makes what needs the past missing, as it does live", () => {
  const spans = spansFrom(first, last).map((span) => ({ ...span, bars: span.bars.filter((_, at) => at !== 1_500) }));
  const moments = recompute(course, spans, { fromTs: first, toTs: last });
  const after = moments.find(({ ts }) => ts === bars[FUT]![1_501]!.endTs);
  expect(after?.values.bb_mid_20_1m).toBeNull();
  expect(moments.some(({ ts }) => ts === bars[FUT]![1_500]!.endTs)).toBe(false);
});
