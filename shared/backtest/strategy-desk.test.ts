/** Programs and models in a backtest: a program keeps its memory, a model is asked by whoever runs the backtest. */
import { expect, test } from "bun:test";
import { Bundle } from "../domain/bundle.ts";
import type { ModelSays } from "../trading/decision/model.ts";
import { backtest } from "./backtest.ts";
import { BACKTEST_DEFAULTS, type BacktestProgram, type BacktestStep } from "./backtest-options.ts";
import type { BacktestResult } from "./backtest-result.ts";
import { bundleOf, NEXT, quiet, tapeOf, upTo } from "./known-answers.fixture.ts";

const HASH = "a".repeat(64);
const setting = { signal: 60_000, side: "long", moments: [...upTo(60_000), ...quiet(NEXT, 14, 60_000)] } as const;

/** The strategy of the known answers with something else in it. */
function bundleWith(change: object): Bundle {
  const bundle = bundleOf(setting);
  return Bundle.parse({ ...bundle, strategies: bundle.strategies.map((strategy) => ({ ...strategy, ...change })) });
}

function run(change: object, { program, says }: { program?: BacktestProgram; says?: ModelSays } = {}) {
  const programs = new Map(program ? [[HASH, program]] : []);
  const options = { ...BACKTEST_DEFAULTS, bundle: bundleWith(change), tape: tapeOf(setting), programs };
  const running = backtest({ ...options, keep_decisions: true });
  const asked: Extract<BacktestStep, { kind: "model" }>[] = [];
  let step = running.next();
  while (!step.done) {
    const { value } = step;
    if (value.kind === "model") asked.push(value);
    step = running.next(value.kind === "model" ? says : undefined);
  }
  return { asked, result: step.value };
}

const entered = ({ fills }: BacktestResult): number =>
  fills.filter(({ kind }) => kind === "ENTRY").reduce((sum, { qty }) => sum + Number(qty), 0);

const program = { program: { program_id: "counts", hash: HASH }, long: undefined, short: undefined };
/** Buys at the fifth moment that it is shown. */
const counts: BacktestProgram = {
  start: () => 0,
  decide: (state) => ({ state: Number(state) + 1, intents: state === 4 ? [{ side: "BUY" }] : [] }),
};

test("a program remembers what it has seen, and its wish is traded", () => {
  const { result } = run(program, { program: counts });
  const states = result.decided?.map((decision) => decision.program?.state);
  expect(states?.slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
  expect(result.decided?.findIndex(({ decision }) => decision.action === "open")).toBe(4);
  expect(entered(result)).toBeGreaterThan(0);
});

test("a program that throws wishes for nothing, and says why", () => {
  const throws: BacktestProgram = {
    start: () => null,
    decide: () => {
      throw new Error("no");
    },
  };
  const { result } = run(program, { program: throws });
  expect(result.decided?.[0]?.program).toMatchObject({ trouble: "broken" });
  expect(result.fills).toEqual([]);
});

test("a program that nobody has is missing", () => {
  expect(run(program).result.decided?.[0]?.program).toMatchObject({ trouble: "missing" });
});

const cutoffs = [
  { p_min: 0.5, size_mult: 0.5 },
  { p_min: 0.8, size_mult: 1 },
];
const model = { model: { model_id: "says", hash: HASH, cutoffs } };
const p = (probability: number): { says: ModelSays } => ({ says: { p: probability, contributions: [], ms: 0 } });

test("a model is asked for an entry alone, and its probability tells the size", () => {
  const whole = run(model, p(0.9));
  expect(whole.asked.map(({ use, side }) => [use.model_id, side])).toEqual([["says", 1]]);
  const half = run(model, p(0.6));
  expect(entered(half.result)).toBeCloseTo(entered(whole.result) / 2, 2);
  expect(run(model, p(0.4)).result.fills).toEqual([]);
});

test("a model that does not answer leaves the size as it is", () => {
  expect(entered(run(model).result)).toBe(entered(run({}).result));
});
