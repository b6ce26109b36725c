import { describe, expect, test } from "bun:test";
import { compileBundle } from "./compiled.ts";
import { decide } from "./decide.ts";
import { accountWith, listingOf, NOON, signalWith, strategyWith, viewWith } from "./decision.fixture.ts";
import { unguarded } from "./unguarded.ts";

const FUT = "FUT:BTCUSDT";
const instrument = listingOf(FUT);
const PROGRAM = { program_id: "maker", hash: "0".repeat(64) };
const wishOf = (price?: number) => ({
  side: "SELL" as const,
  size_mult: 0.5,
  tp_mult: 1,
  sl_mult: 1,
  ...(price && { price }),
});

describe("what would have been opened", () => {
  const signal = signalWith();
  const compiled = compileBundle(viewWith());

  test("is what an open decision opened, to the last digit", () => {
    const decision = decide({ signal, compiled, account: accountWith(), instrument, now: NOON });
    expect(decision.decision.action).toBe("open");
    const found = unguarded({ signal, compiled, instrument, wish: undefined });
    expect([found.side, found.sizing]).toEqual([decision.decision.side, decision.sizing]);
  });

  test("is the same whichever guard ended it, and whichever rule", () => {
    const open = unguarded({ signal, compiled, instrument, wish: undefined });
    const rules = [{ rule_id: "no", when: { f: "obi_5", op: ">", v: 0 }, effect: { skip_entry: true } }];
    const strict = compileBundle(viewWith({ rules }));
    const skipped = decide({ signal, compiled: strict, account: accountWith({ kill: true }), instrument, now: NOON });
    expect(skipped.decision.reason).toBe("kill_switch");
    expect(unguarded({ signal, compiled: strict, instrument, wish: undefined })).toEqual(open);
  });

  test("is nothing without a side, a size, or the strategy", () => {
    const none = (values: Record<string, number | null>, change = {}) =>
      unguarded({ signal: { ...signalWith(values), ...change }, compiled, instrument, wish: undefined }).reason;
    expect(none({ obi_5: 0 })).toBe("no_entry");
    expect(none({ obi_5: null })).toBe("condition_unknown");
    expect(none({ atr_14_5s: null })).toBe("no_atr");
    expect(none({}, { strategy_id: "gone" })).toBe("unknown_strategy");
  });

  test("of a program is what it had wished for; nothing where it was not asked, or wished to rest", () => {
    const programmed = compileBundle(viewWith(strategyWith({ program: PROGRAM, long: undefined, short: undefined })));
    const of = (wish: ReturnType<typeof wishOf> | undefined) =>
      unguarded({ signal, compiled: programmed, instrument, wish });
    expect(of(undefined).reason).toBe("no_wish");
    expect(of(wishOf(60_001)).reason).toBe("resting_entry");
    const found = of(wishOf());
    const whole = unguarded({ signal, compiled, instrument, wish: undefined });
    expect(found.side).toBe("SELL");
    expect(Number(found.sizing?.qty)).toBeLessThan(Number(whole.sizing?.qty));
  });
});
