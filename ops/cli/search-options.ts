/** Reading what `optimize` is to search: parameters as ranges or lists, the method, and when it ends. */
import type { ExperimentDesign, SearchParam } from "../../shared/domain/experiment.ts";
import { choiceOption, numberOption } from "./options.ts";

/** As people say them. */
export const METHODS = {
  ...{ grid: "GRID", random: "RANDOM", genetic: "GENETIC", "walk-forward": "WALK_FORWARD", kfold: "PURGED_KFOLD" },
} as const satisfies Record<string, ExperimentDesign["method"]>;
type MethodWord = keyof typeof METHODS;
export const OBJECTIVES = ["sharpe", "sortino", "calmar", "net_usdt", "profit_factor", "expectancy_usdt"] as const;

export const SEARCH_OPTIONS = {
  param: { type: "string", multiple: true, default: [] as string[] },
  method: { type: "string", default: "grid" },
  objective: { type: "string", default: "sharpe" },
  trials: { type: "string" },
  patience: { type: "string" },
  population: { type: "string" },
  "trades-min": { type: "string" },
  folds: { type: "string" },
  benchmark: { type: "string", default: "unchanged" },
  "no-checks": { type: "boolean", default: false },
} as const;

export const SEARCH_USAGE = `  --param P        what to turn, several times: PATH=from:to:step, PATH=a,b,c; PATH=from:to (any value between, for
                   random and genetic), with log at its end for wide ranges: PATH=0.001:1:log. A path goes by ids:
                   strategies.rsi-dip.sizing.take_profit_roe, flags.risk.budget_usdt,
                   strategies.rsi-dip.long.allOf.0.v; factors.rsi_14_15m puts other factors in its place
  --method M       grid, random, genetic, walk-forward (each window searched, then judged on what follows it) or
                   kfold (purged and embargoed)
  --objective O    ${OBJECTIVES.join(", ")}
  --trials N       at most so many (200)
  --patience N     end when so many in a row (of genetic: generations) were no better
  --population N   of genetic (24)
  --trades-min N   a trial with fewer closed trades counts as none (10)
  --folds N        windows of walk-forward and kfold (5)
  --benchmark B    unchanged, hold or none
  --no-checks      leave out look-ahead and sensitivity of the best`;

export interface SearchValues {
  readonly param: readonly string[];
  readonly method: string;
  readonly objective: string;
  readonly trials?: string | undefined;
  readonly patience?: string | undefined;
  readonly population?: string | undefined;
  readonly "trades-min"?: string | undefined;
  readonly folds?: string | undefined;
  readonly benchmark: string;
  readonly "no-checks": boolean;
}

/** Of a design what says how it is searched. Throws for what is no such thing, with its name. */
export function searchOf(values: SearchValues) {
  const method = METHODS[choiceOption("method", values.method, Object.keys(METHODS) as MethodWord[])];
  if (values.param.length === 0)
    throw new Error(
      "Say what to turn: --param strategies.ID.sizing.take_profit_roe=0.02:0.06:0.01. --help tells more.",
    );
  const whole = (name: keyof SearchValues & string, fallback: number, max: number, min = 1): number =>
    Math.trunc(numberOption(name, values[name] as string | undefined, { fallback, min, max }));
  return {
    method,
    params: values.param.map(paramOf),
    objective: choiceOption("objective", values.objective, OBJECTIVES),
    search: {
      trials_max: whole("trials", 200, 10_000),
      population: whole("population", 24, 500, 4),
      trades_min: whole("trades-min", 10, 100_000, 0),
      ...(values.patience !== undefined && { patience: whole("patience", 1, 10_000) }),
    },
    folds: { count: whole("folds", 5, 100, 2) },
    benchmark: choiceOption("benchmark", values.benchmark, ["unchanged", "hold", "none"]),
    checks: !values["no-checks"],
  } satisfies Partial<Record<keyof ExperimentDesign, unknown>>;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** `path=from:to:step`, `path=from:to`, `path=from:to:log`, `path=a,b,c`. */
export function paramOf(text: string): SearchParam {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim();
  const said = text.slice(at + 1).trim();
  if (path === "" || said === "" || at < 0) throw new Error(`--param ${text}: say PATH=from:to:step or PATH=a,b,c.`);
  const parts = said.split(":");
  const isRange = parts.length > 1 && parts.slice(0, 2).every((part) => NUMBER.test(part));
  if (!isRange) return { path, values: said.split(",").map((value) => wordOf(value.trim())) };
  const [min, max] = [Number(parts[0]), Number(parts[1])];
  const [last, ...more] = parts.slice(2);
  if (more.length > 0 || (last !== undefined && last !== "log" && !NUMBER.test(last)))
    throw new Error(`--param ${text}: a range is from:to, from:to:step or from:to:log.`);
  const step = last === undefined || last === "log" ? undefined : Number(last);
  if (!(max >= min)) throw new Error(`--param ${text}: ${max} is below ${min}.`);
  if (step !== undefined && !(step > 0)) throw new Error(`--param ${text}: a step is above zero.`);
  return { path, min, max, scale: last === "log" ? "log" : "linear", ...(step !== undefined && { step }) };
}

/** Amounts of a bundle are texts: `"200"` in quotes stays one. */
function wordOf(text: string): number | string | boolean {
  if (/^".*"$/.test(text)) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  return NUMBER.test(text) ? Number(text) : text;
}
