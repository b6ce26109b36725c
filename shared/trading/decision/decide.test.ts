/** From signal to decision: each way it can end, and what it then tells. */
import { describe, expect, test } from "bun:test";
import { Decision } from "../../domain/decision.ts";
import { Intent } from "../../domain/order.ts";
import { compileBundle, compileCache } from "./compiled.ts";
import { type DecideInput, decide } from "./decide.ts";
import { accountWith, listingOf, NOON, signalWith, strategyWith, viewWith } from "./decision.fixture.ts";

const inputOf = (change: Partial<DecideInput> = {}): DecideInput => {
  const signal = change.signal ?? signalWith();
  return {
    signal,
    compiled: compileBundle(viewWith()),
    account: accountWith(),
    instrument: listingOf(signal.instrument),
    now: NOON,
    ...change,
  };
};
const spot = signalWith({}, { instrument: "SPOT:BTCUSDT", bid: "60000.00", ask: "60000.01" });
const spotShort = signalWith({ obi_5: -0.9 }, { instrument: "SPOT:BTCUSDT" });
const rules = (...effects: object[]) => ({
  rules: effects.map((effect, i) => ({ rule_id: `r${i}`, when: { f: "side", op: "==", v: 1 }, effect })),
});

describe("an open decision", () => {
  test("carries one entry intent with everything that the router needs", () => {
    const decision = decide(inputOf());
    expect(decision.decision).toEqual({
      action: "open",
      side: "BUY",
      size_mult: 1,
      tp_mult: 1,
      sl_mult: 1,
      reason: "open",
    });
    expect(decision.intents).toEqual([
      {
        intent_id: "0123456789abcdef:entry",
        account: "main",
        instrument: "FUT:BTCUSDT",
        kind: "ENTRY",
        side: "BUY",
        qty: "0.006",
        type: "MARKET",
        working_type: "MARK_PRICE",
        reduce_only: false,
        leverage: 20,
        margin: "ISOLATED",
        exec: { policy: "MAKER_THEN_TAKER" },
        stop_loss: { price: "59970.1" },
        take_profit: { price: "60360.3" },
        valid_until: NOON + 5_000,
        signal_id: "0123456789abcdef",
        strategy_id: "lean",
        config_rev: 7,
      },
    ]);
    expect(Decision.parse(decision)).toEqual(decision);
    expect(Intent.parse(decision.intents[0])).toEqual(decision.intents[0]!);
  });

  test("is a short where the short condition holds", () => {
    const decision = decide(inputOf({ signal: signalWith({ obi_5: -0.9 }) }));
    expect(decision.intents[0]).toMatchObject({ side: "SELL", stop_loss: { price: "60030" } });
  });

  test("is an OCO pair on spot", () => {
    const [intent] = decide(inputOf({ signal: spot })).intents;
    expect(intent?.exec).toEqual({
      policy: "OCO",
      oco: { take_profit: intent!.take_profit!.price!, stop: "59970.01" },
    });
    expect(intent?.leverage).toBe(1);
  });

  test("rules see the side, and health makes it smaller", () => {
    const compiled = compileBundle(viewWith(rules({ size_mult: 0.8, max_adds_override: 1 })));
    const yellow = decide(inputOf({ compiled, account: accountWith({ health: "YELLOW" }) }));
    expect(yellow.decision.size_mult).toBeCloseTo(0.64, 12); // 0.8 by the rule, 0.8 by YELLOW
    expect(yellow.decision.max_adds).toBe(0); // the rule allows one, YELLOW none
    const short = decide(inputOf({ compiled, signal: signalWith({ obi_5: -0.9 }) }));
    expect(short.rules).toEqual([{ rule_id: "r0", fired: false, effect: "size × 0.8, adds ≤ 1" }]);
    const orange = decide(inputOf({ account: accountWith({ health: "ORANGE" }) }));
    expect(orange.sizing?.qty).toBe("0.003"); // 200 / 60000.1
  });

  test("decides the same twice, and alters nothing it was given", () => {
    const input = inputOf();
    const before = structuredClone(input.signal);
    expect(decide(input)).toEqual(decide(input));
    expect(input.signal).toEqual(before);
  });
});

describe("a skip says why", () => {
  test.each<[string, Partial<DecideInput>]>([
    ["unknown_strategy", { signal: { ...signalWith(), strategy_id: "gone" } }],
    ["kill_switch", { account: accountWith({ kill: true }) }],
    ["no_entry", { signal: signalWith({ obi_5: 0 }) }],
    ["condition_unknown", { signal: signalWith({ obi_5: null }) }],
    ["both_sides", { compiled: compileBundle(viewWith(strategyWith({ short: { f: "obi_5", op: ">", v: 0 } }))) }],
    ["no_entry", { compiled: compileBundle(viewWith(strategyWith({ long: undefined }))) }],
    ["spot_long_only", { signal: spotShort }],
    ["r1", { compiled: compileBundle(viewWith(rules({ tp_mult: 0.9 }, { skip_entry: true }))) }],
    ["unknown_instrument", { instrument: undefined }],
    ["instrument_halted", { instrument: listingOf("FUT:BTCUSDT", { status: "HALTED" }) }],
    ["below_min_notional", { instrument: listingOf("FUT:BTCUSDT", { min_notional: "1000" }) }],
  ])("%s", (reason, change) => {
    const decision = decide(inputOf(change));
    expect(decision.decision).toMatchObject({ action: "skip", reason });
    expect(decision.intents).toEqual([]);
    expect(Decision.parse(decision)).toEqual(decision);
  });

  test("and one unknown condition doesn't stop the other side", () => {
    const change = strategyWith({ short: { f: "missing", op: ">", v: 0 } });
    expect(decide(inputOf({ compiled: compileBundle(viewWith(change)) })).decision.side).toBe("BUY");
  });
});

test("each content is compiled once, and a revision with it keeps its own number", () => {
  const compile = compileCache(2);
  const view = viewWith();
  const first = compile(view);
  const again = compile({ ...view, rev: 9 });
  expect(again.strategies).toBe(first.strategies);
  expect([first.rev, again.rev]).toEqual([7, 9]);
  compile({ ...view, hash: "other" });
  compile({ ...view, hash: "third" });
  expect(compile(view).strategies).not.toBe(first.strategies);
});

describe("health", () => {
  const why = { mult: 0.5, why: "7 % of spot orders lacked balance" };

  test.each([
    ["GREEN", {}, 1, undefined, []],
    ["YELLOW", {}, 0.8, 0, ["size × 0.8", "no adds"]],
    ["ORANGE", {}, 0.5, 0, ["size × 0.5", "no adds"]],
    ["GREEN", { spot_size: why, takers_only: "few posts were filled" }, 1, undefined, []],
  ] as const)("%s with %j on futures", (health, effects, size_mult, max_adds, words) => {
    const made = decide(inputOf({ account: accountWith({ health, effects }) }));
    expect(made.decision).toMatchObject({ action: "open", size_mult });
    expect(made.decision.max_adds).toBe(max_adds);
    expect(made.health).toEqual({ level: health, effects: [...words] });
  });

  test("cuts spot sizes beside the level's cut, and the sizing names both", () => {
    const account = accountWith({ health: "YELLOW", effects: { spot_size: why } });
    const made = decide(inputOf({ signal: spot, account }));
    expect(made.decision).toMatchObject({ action: "open", size_mult: 0.4, max_adds: 0 });
    expect(made.sizing?.steps).toContain(
      "size = 1 × 0.8 (health YELLOW) × 0.5 (spot: 7 % of spot orders lacked balance) = 0.4",
    );
    expect(made.health?.effects).toEqual([
      "size × 0.8",
      "no adds",
      "spot size × 0.5: 7 % of spot orders lacked balance",
    ]);
  });

  test("says in RED, by silence, and by its own word why there is no entry", () => {
    const of = (account: Parameters<typeof accountWith>[0]) => decide(inputOf({ account: accountWith(account) }));
    const red = of({ health: "RED" });
    expect([red.decision.reason, red.health]).toEqual(["health", { level: "RED", effects: ["no entries", "no adds"] }]);
    const told = of({ effects: { no_entries: "costs are off for 14 days" } });
    expect(told.decision).toMatchObject({ action: "skip", reason: "health_no_entries" });
    expect(told.guards.at(-1)?.value).toBe("costs are off for 14 days");
    const silent = of({ health: "ORANGE", health_silent: true });
    expect(silent.health?.effects[0]).toBe("S11 is silent, which counts as ORANGE");
  });

  test("turns models off: none is asked for, its size counts as 1, and the result says so", () => {
    const use = { model_id: "m", hash: "a".repeat(64), cutoffs: [{ p_min: 0.9, size_mult: 1.2 }], deadline_ms: 25 };
    const compiled = compileBundle(viewWith(strategyWith({ model: use })));
    const account = accountWith({ effects: { models_off: "AUC is surely under 0.5" } });
    const made = decide(inputOf({ compiled, account, model: { p: 0.1 } }));
    expect(made.model).toEqual({ model_id: "m", hash: use.hash, p: null, trouble: "off", size_mult: 1 });
    expect(made.decision).toMatchObject({ action: "open", size_mult: 1 });
    expect(made.health?.effects).toEqual(["models off: AUC is surely under 0.5"]);
    const back = decide(inputOf({ compiled, account: accountWith({ effects: {} }), model: { p: 0.1 } }));
    expect(back.decision.reason).toBe("model");
  });
});
