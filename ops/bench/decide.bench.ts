/** Benchmark: rules over feature sets beside json-rules-engine and hand-written closures; whole decisions; ten thousand rules. */
import { Engine } from "json-rules-engine";
import { seededRandom } from "../../shared/adapters/random.ts";
import type { Bundle, Condition, Rule } from "../../shared/domain/bundle.ts";
import type { FeatureValues } from "../../shared/domain/decision.ts";
import { compileBundle } from "../../shared/trading/decision/compiled.ts";
import { decide } from "../../shared/trading/decision/decide.ts";
import {
  accountWith,
  listingOf,
  NOON,
  signalWith,
  strategyWith,
  viewWith,
} from "../../shared/trading/decision/decision.fixture.ts";
import { compileRule, weigh } from "../../shared/trading/decision/rules.ts";
import { type Benchmark, cpuMicros, inTurns, type Row, summarise } from "./measure.ts";

const SETS = 500;
const ROUNDS = 20;
const THEIR_ROUNDS = 1;
const REPEATS = 9;
const DECISIONS = 1_000;
const MANY_RULES = 10_000;
const US_IN_MS = 1_000;

type Row8 = Record<"obi" | "imb" | "spread" | "rsi" | "atr" | "rv" | "funding" | "regime", number>;
const FACTORS = ["obi", "imb", "spread", "rsi", "atr", "rv", "funding", "regime"] as const;

/** The same eight rules three times: as data, by hand, and for the other engine. */
const CONDITIONS: Condition[] = [
  {
    allOf: [
      { f: "obi", op: ">", v: 0.5 },
      { f: "imb", op: ">", v: 0.2 },
    ],
  },
  {
    anyOf: [
      { f: "spread", op: ">", v: 2 },
      { f: "funding", op: ">", v: 0.0004 },
    ],
  },
  { allOf: [{ f: "rsi", op: ">", v: 70 }, { not: { f: "regime", op: "==", v: 1 } }] },
  {
    allOf: [
      { f: "rsi", op: "<", v: 30 },
      { f: "rv", op: "<", v: 0.6 },
    ],
  },
  { f: "regime", op: "in", v: [-1, 1] },
  {
    allOf: [
      { f: "atr", op: ">", v: 20 },
      {
        anyOf: [
          { f: "rv", op: ">", v: 0.8 },
          { f: "obi", op: "<", v: 0 },
        ],
      },
    ],
  },
  { f: "obi", op: ">", vf: "imb" },
  {
    allOf: [
      { f: "spread", op: "<", v: 1 },
      { f: "atr", op: "<=", v: 30 },
      { f: "funding", op: ">=", v: 0 },
    ],
  },
];
const BY_HAND: ((v: Row8) => boolean)[] = [
  (v) => v.obi > 0.5 && v.imb > 0.2,
  (v) => v.spread > 2 || v.funding > 0.0004,
  (v) => v.rsi > 70 && v.regime !== 1,
  (v) => v.rsi < 30 && v.rv < 0.6,
  (v) => v.regime === -1 || v.regime === 1,
  (v) => v.atr > 20 && (v.rv > 0.8 || v.obi < 0),
  (v) => v.obi > v.imb,
  (v) => v.spread < 1 && v.atr <= 30 && v.funding >= 0,
];

const OPERATORS = {
  "<": "lessThan",
  "<=": "lessThanInclusive",
  ">": "greaterThan",
  ">=": "greaterThanInclusive",
  "==": "equal",
  "!=": "notEqual",
  in: "in",
  notIn: "notIn",
};
/** A condition in json-rules-engine's words. */
function theirs(condition: Condition): object {
  if ("allOf" in condition) return { all: condition.allOf.map(theirs) };
  if ("anyOf" in condition) return { any: condition.anyOf.map(theirs) };
  if ("not" in condition) return { not: theirs(condition.not) };
  const value = "vf" in condition ? { fact: condition.vf } : condition.v;
  return { fact: condition.f, operator: OPERATORS[condition.op], value };
}
const topLevel = (condition: Condition): object => {
  const made = theirs(condition);
  return "fact" in made ? { all: [made] } : made;
};

const RANGES: readonly [number, number][] = [
  [-1, 1],
  [-1, 1],
  [0, 3],
  [0, 100],
  [0, 40],
  [0, 1.2],
  [-0.0005, 0.0005],
  [-1, 1],
];

function sets(): Row8[] {
  const random = seededRandom("decide");
  return Array.from({ length: SETS }, () => {
    const pairs = FACTORS.map((name, i) => {
      const [low, high] = RANGES[i] as [number, number];
      const value = low + (high - low) * random.next();
      return [name, name === "regime" ? Math.round(value) : value];
    });
    return Object.fromEntries(pairs) as Row8;
  });
}

const rulesOf = (conditions: readonly Condition[]): Rule[] =>
  conditions.map((when, i) => ({
    ...{ rule_id: `r${i}`, priority: 100, enabled: true, strategies: [], when },
    effect: { size_mult: i % 2 === 0 ? 1.05 : 0.95 },
  }));

/** µs CPU a feature set, all eight rules with their effects. */
async function beside(all: readonly Row8[]): Promise<Row[]> {
  const compiled = rulesOf(CONDITIONS).map(compileRule);
  const engine = new Engine(
    CONDITIONS.map((condition, i) => ({
      conditions: topLevel(condition) as never,
      event: { type: `r${i}` },
    })),
  );
  let sink = 0;
  const ours = () => {
    const begun = process.cpuUsage();
    for (let round = 0; round < ROUNDS; round++) for (const set of all) sink += weigh(compiled, set).size_mult;
    return cpuMicros(begun) / (ROUNDS * all.length);
  };
  const byHand = () => {
    const begun = process.cpuUsage();
    for (let round = 0; round < ROUNDS; round++) {
      for (const set of all) {
        const results = [];
        let size = 1;
        for (let i = 0; i < BY_HAND.length; i++) {
          const fired = (BY_HAND[i] as (v: Row8) => boolean)(set);
          results.push(fired);
          if (fired) size *= i % 2 === 0 ? 1.05 : 0.95;
        }
        sink += size + results.length;
      }
    }
    return cpuMicros(begun) / (ROUNDS * all.length);
  };
  const library = async () => {
    const begun = process.cpuUsage();
    for (let round = 0; round < THEIR_ROUNDS; round++) {
      for (const set of all) sink += (await engine.run({ ...set })).events.length;
    }
    return cpuMicros(begun) / (THEIR_ROUNDS * all.length);
  };
  const rows = await inTurns(
    [
      { what: "8 rules with effects and records, ours", once: ours },
      { what: "8 rules, hand-written closures", once: byHand },
      { what: "8 rules, json-rules-engine", once: library },
    ],
    { unit: "µs CPU a feature set", repeats: REPEATS, warmUps: 3 },
  );
  if (!Number.isFinite(sink)) throw new Error("the rules gave no number");
  return rows;
}

/** All three must say the same of every set, else their times compare nothing. */
async function agree(all: readonly Row8[]): Promise<void> {
  const compiled = rulesOf(CONDITIONS).map(compileRule);
  const engine = new Engine(
    CONDITIONS.map((condition, i) => ({ conditions: topLevel(condition) as never, event: { type: `r${i}` } })),
  );
  for (const set of all) {
    const ours = compiled.map((rule) => rule.fires(set) === true).join();
    const byHand = BY_HAND.map((rule) => rule(set)).join();
    const fired = new Set((await engine.run({ ...set })).events.map(({ type }) => type));
    const library = BY_HAND.map((_, i) => fired.has(`r${i}`)).join();
    if (ours !== byHand || ours !== library) throw new Error(`the engines differ: ${JSON.stringify(set)}`);
  }
}

/** Each whole decision's wall time, µs, from the signal in hand to the intent. */
function decisions(rules: readonly Rule[], what: string, count: number): Row[] {
  const view = viewWith({ ...strategyWith({}), rules } as Partial<Bundle>);
  const compiled = compileBundle(view);
  const instrument = listingOf("FUT:BTCUSDT");
  const account = accountWith();
  const values = sets();
  const one = (at: number) => {
    const signal = signalWith(values[at % values.length] as unknown as FeatureValues);
    return decide({ signal, compiled, account, instrument, now: NOON });
  };
  for (let at = 0; at < Math.min(count, 200); at++) one(at);
  const samples: number[] = [];
  const begun = process.cpuUsage();
  for (let at = 0; at < count; at++) {
    const started = performance.now();
    one(at);
    samples.push((performance.now() - started) * US_IN_MS);
  }
  const cpu = cpuMicros(begun) / count;
  const sorted = samples.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(0.95 * sorted.length)] as number;
  return [
    summarise(what, "µs a decision", samples),
    summarise(`${what}: p95`, "µs", [p95]),
    summarise(`${what}: CPU`, "µs CPU a decision", [cpu]),
  ];
}

/** Conditions of the shape that people write, no two alike. */
const many = (): Rule[] =>
  rulesOf(
    Array.from({ length: MANY_RULES }, (_, i): Condition => {
      const [low, high] = RANGES[i % FACTORS.length] as [number, number];
      const v = low + ((high - low) * (i % 997)) / 997;
      return {
        allOf: [
          { f: FACTORS[i % FACTORS.length] as string, op: ">", v },
          { f: "obi", op: "<", v: i / MANY_RULES },
        ],
      };
    }),
  );

export const benchmark: Benchmark = {
  what: "decide: rules beside json-rules-engine and hand-written closures; 1 000 whole decisions; 10 000 rules",
  async run() {
    const all = sets();
    await agree(all);
    const [ours, byHand, library] = await beside(all);
    return {
      rows: [
        ...[ours, byHand, library].map((row) => row as Row),
        ...decisions(rulesOf(CONDITIONS), `${DECISIONS} decisions, 8 rules`, DECISIONS),
        ...decisions(many(), `${DECISIONS} decisions, ${MANY_RULES} rules`, DECISIONS),
      ],
      ratios: {
        "json-rules-engine to ours": (library as Row).median / (ours as Row).median,
        "hand-written to ours": (byHand as Row).median / (ours as Row).median,
      },
      notes: ["ours also records each rule's result and clamps the effects, as a decision needs it"],
    };
  },
};
