/** Lints strategies: that they trade something, can enter, and name models and programs that are registered. */
import type { Bundle, BundleTrigger, Condition, Strategy } from "../../shared/domain/bundle.ts";
import { factorsOfCondition, SIDE_FACTOR } from "../../shared/trading/factors/registry.ts";
import { rangeOfFactor } from "./condition-logic.ts";
import type { Path } from "./findings.ts";
import type { Known } from "./known.ts";
import { type ConditionLint, inWords, lintCondition, lintFactor, rangeText } from "./lint-conditions.ts";

export function lintStrategies(lint: ConditionLint, bundle: Bundle, known: Known): void {
  for (const [i, strategy] of bundle.strategies.entries()) {
    const at = ["strategies", i];
    lintInstruments(lint, at, { strategy, bundle });
    for (const [j, trigger] of strategy.triggers.entries()) {
      if (trigger.kind === "cross") lintCross(lint, [...at, "triggers", j], { trigger, strategy });
    }
    if (strategy.program) lintProgram(lint, at, { strategy, known });
    else if (!strategy.long && !strategy.short) {
      lint.findings.add(at, "NO_ENTRY", "has no long or short condition, no program");
    }
    lintEntries(lint, at, strategy);
    if (strategy.sizing.atr !== undefined) lintFactor(lint, [...at, "sizing", "atr"], strategy.sizing.atr);
    if (strategy.model) lintModel(lint, [...at, "model"], { model: strategy.model, known });
  }
  if (bundle.strategies.every(({ enabled }) => !enabled)) {
    lint.findings.add(["strategies"], "ALL_DISABLED", "none is enabled: nothing will be opened");
  }
}

function lintInstruments(
  { findings }: ConditionLint,
  at: Path,
  { strategy, bundle }: { strategy: Strategy; bundle: Bundle },
): void {
  const names = bundle.instruments.map((entry) => entry.instrument);
  findings.once([...at, "instruments"], strategy.instruments);
  for (const [j, name] of strategy.instruments.entries()) {
    findings.mustBe({ path: [...at, "instruments", j], name, of: names, what: "instrument" });
  }
  const own = bundle.instruments.filter(({ instrument }) => strategy.instruments.includes(instrument));
  if (strategy.enabled && own.length > 0 && own.every(({ enabled }) => !enabled)) {
    findings.add([...at, "instruments"], "NO_INSTRUMENT", "none of them is enabled: it will open nothing");
  }
}

type Cross = Extract<BundleTrigger, { kind: "cross" }>;

/** Up: from below the level to it or above; down: from above it to it or below. */
function lintCross(lint: ConditionLint, at: Path, { trigger, strategy }: { trigger: Cross; strategy: Strategy }): void {
  const { factor, level, direction } = trigger;
  lintFactor(lint, [...at, "factor"], factor);
  const { low, high } = rangeOfFactor(factor);
  const isPossible = direction === "up" ? low < level && level <= high : low <= level && level < high;
  if (!isPossible) {
    lint.findings.add([...at, "level"], "BEYOND_RANGE", `is never crossed ${direction}: ${rangeText(factor)}`);
    return;
  }
  const crossed: Condition = { f: factor, op: direction === "up" ? ">=" : "<=", v: level };
  const entries = [strategy.long, strategy.short].filter((entry) => entry !== undefined);
  if (entries.length === 0 || strategy.program) return;
  if (entries.every((entry) => lint.prover.neverTogether([crossed, entry]))) {
    lint.findings.add(at, "NEVER_ENTERS", `when it fires, ${inWords(crossed)}, and no entry condition holds then`);
  }
}

function lintEntries(lint: ConditionLint, at: Path, { long, short, instruments }: Strategy): void {
  const { findings, prover } = lint;
  const isSound = (["long", "short"] as const).map((side) => {
    const condition = { long, short }[side];
    if (!condition) return false;
    if (namesSide(condition)) {
      findings.add([...at, side], "SIDE_IN_ENTRY", `"${SIDE_FACTOR}" is not known yet while an entry is looked for`);
    }
    return lintCondition(lint, [...at, side], condition) && !prover.never(condition);
  });
  if (short && instruments.some((name) => name.startsWith("SPOT:"))) {
    findings.add([...at, "short"], "SPOT_SHORT", "is never true for spot instruments, which are bought only");
  }
  if (!long || !short || !isSound.every((sound) => sound)) return;
  const never = "both at once make no entry";
  if (prover.implies(long, short)) {
    findings.add([...at, "long"], "BOTH_SIDES", `whenever it holds, short holds too, and ${never}`);
  } else if (prover.implies(short, long)) {
    findings.add([...at, "short"], "BOTH_SIDES", `whenever it holds, long holds too, and ${never}`);
  }
}

function namesSide(condition: Condition): boolean {
  const factors = new Set<string>();
  factorsOfCondition(condition, factors);
  return factors.has(SIDE_FACTOR);
}

function lintProgram({ findings }: ConditionLint, at: Path, { strategy, known }: { strategy: Strategy; known: Known }) {
  for (const other of ["long", "short", "model"] as const) {
    if (strategy[other]) findings.add([...at, other], "EXCLUDED", "a strategy with a program decides by it alone");
  }
  if (!known.programs || !strategy.program) return;
  const { program_id, hash } = strategy.program;
  const ids = [...new Set(known.programs.map((card) => card.program_id))];
  findings.mustBe({ path: [...at, "program", "program_id"], name: program_id, of: ids, what: "registered program" });
  const hashes = known.programs.filter((card) => card.program_id === program_id).map((card) => card.hash);
  const path = [...at, "program", "hash"];
  if (hashes.length > 0) findings.mustBe({ path, name: hash, of: hashes, what: "hash of that program" });
}

function lintModel(
  lint: ConditionLint,
  at: Path,
  { model, known }: { model: NonNullable<Strategy["model"]>; known: Known },
): void {
  const { findings } = lint;
  const { model_id, hash, cutoffs } = model;
  if (known.models) {
    const ids = [...new Set(known.models.map((card) => card.model_id))];
    findings.mustBe({ path: [...at, "model_id"], name: model_id, of: ids, what: "registered model" });
    const own = known.models.filter((card) => card.model_id === model_id);
    const hashes = own.map((card) => card.hash);
    if (hashes.length > 0)
      findings.mustBe({ path: [...at, "hash"], name: hash, of: hashes, what: "hash of that model" });
    lintInputs(lint, [...at, "hash"], own.find((card) => card.hash === hash)?.features ?? []);
  }
  for (const [i, cutoff] of cutoffs.entries()) {
    if (cutoffs.findIndex((other) => other.p_min === cutoff.p_min) < i) {
      findings.add([...at, "cutoffs", i, "p_min"], "DUPLICATE", `${cutoff.p_min} is there twice`);
    }
  }
}

/** What a model looks at must be kept ready, but for the side. */
function lintInputs({ findings, listed }: ConditionLint, path: Path, inputs: readonly string[]): void {
  const isListed = (input: string) => listed.includes(input) || listed.includes(input.split("@")[0] as string);
  const absent = inputs.filter((input) => input !== SIDE_FACTOR && !isListed(input));
  if (absent.length === 0) return;
  findings.add(
    path,
    "UNKNOWN_NAME",
    `it looks at what the bundle does not list among its factors: ${absent.join(", ")}`,
  );
}
