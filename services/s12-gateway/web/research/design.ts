/** A form's fields as the design of an experiment, and what is wrong with them by the field's name in the design. */
import { parse } from "yaml";
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { ExperimentDesign, Method, Objective, SearchParam } from "../../../../shared/domain/experiment.ts";
import type { Value } from "../../../../shared/report/experiment/heat-map.ts";

export interface ParamDraft {
  /** Tells rows of the form apart while they come and go. */
  readonly key: number;
  readonly path: string;
  readonly kind: "values" | "range";
  readonly values: string;
  readonly min: string;
  readonly max: string;
  readonly step: string;
  readonly scale: "linear" | "log";
}
export const BUNDLE_CHOICES = ["active", "kept", "pasted"] as const;
export interface Draft {
  readonly title: string;
  readonly bundle: (typeof BUNDLE_CHOICES)[number];
  /** `bundle_id@rev`. */
  readonly kept: string;
  /** YAML or JSON, as a file of a bundle has it. */
  readonly pasted: string;
  readonly source: ExperimentDesign["data"]["source"];
  readonly form: ExperimentDesign["data"]["form"];
  readonly timeframe: ExperimentDesign["data"]["timeframe"];
  readonly instruments: readonly string[];
  readonly on_problem: ExperimentDesign["data"]["on_problem"];
  /** As the browser's field for date and time has it, local. */
  readonly from: string;
  readonly to: string;
  readonly method: Method;
  readonly params: readonly ParamDraft[];
  /** How windows and folds are searched. */
  readonly search_kind: ExperimentDesign["search"]["kind"];
  readonly trials_max: string;
  readonly trades_min: string;
  readonly fold_count: string;
  readonly anchored: boolean;
  readonly embargo_min: string;
  readonly objective: Objective;
  readonly benchmark: ExperimentDesign["benchmark"];
  readonly spot_usdt: string;
  readonly fut_usdt: string;
  readonly seed: string;
  readonly checks: boolean;
}
/** As the service takes it, with everything left out that it fills in itself. */
export type DesignAsked = Record<string, unknown>;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WINDOW_PRESETS = {
  "6h": 6 * HOUR_MS,
  "1d": DAY_MS,
  "7d": 7 * DAY_MS,
  "30d": 30 * DAY_MS,
  "90d": 90 * DAY_MS,
  "365d": 365 * DAY_MS,
} as const;
export type WindowPreset = keyof typeof WINDOW_PRESETS;
export const METHODS_THAT_SEARCH: readonly Method[] = ["GRID", "RANDOM", "GENETIC", "WALK_FORWARD", "PURGED_KFOLD"];
export const METHODS_WITH_FOLDS: readonly Method[] = ["WALK_FORWARD", "PURGED_KFOLD"];
/** Without parameters there is nothing to search. */
export const METHODS_OF_PARAMS: readonly Method[] = ["GRID", "RANDOM", "GENETIC"];

const pad = (value: number): string => String(value).padStart(2, "0");
/** Local, to the minute, or to the second where it is none. */
export function fieldTime(ts: number): string {
  const at = new Date(ts);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const seconds = at.getSeconds() === 0 ? "" : `:${pad(at.getSeconds())}`;
  return `${day}T${pad(at.getHours())}:${pad(at.getMinutes())}${seconds}`;
}
/** Ends at the last whole minute. */
export function windowOf(preset: WindowPreset, now: number): Pick<Draft, "from" | "to"> {
  const to = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return { from: fieldTime(to - WINDOW_PRESETS[preset]), to: fieldTime(to) };
}

export const newDraft = (now: number): Draft => ({
  ...{ title: "", bundle: "active", kept: "", pasted: "" },
  ...{ source: "exchange", form: "bars", timeframe: "1m", instruments: [], on_problem: "refuse" },
  ...windowOf("1d", now),
  ...{ method: "BACKTEST", params: [], search_kind: "auto", trials_max: "200", trades_min: "10" },
  ...{ fold_count: "5", anchored: false, embargo_min: "60" },
  ...{ objective: "sharpe", benchmark: "unchanged", spot_usdt: "10000", fut_usdt: "10000", seed: "1", checks: true },
});

export const newParam = (key: number, path = "", values = ""): ParamDraft => ({
  ...{ key, path, kind: "values", values, min: "", max: "", step: "", scale: "linear" },
});

/** The design back in the form, to be run again with a change; a bundle that was given whole is given so again. */
export function draftOf(design: ExperimentDesign, title: string): Draft {
  const { bundle, data, window, search, folds, wallets, params = [] } = design;
  const isRef = typeof bundle === "object" && !("format" in bundle);
  return {
    title,
    bundle: bundle === "active" ? "active" : isRef ? "kept" : "pasted",
    kept: isRef ? `${bundle.bundle_id}@${bundle.rev}` : "",
    pasted: bundle === "active" || isRef ? "" : JSON.stringify(bundle, null, 2),
    ...{ source: data.source, form: data.form, timeframe: data.timeframe, on_problem: data.on_problem },
    instruments: data.instruments ?? [],
    ...{ from: fieldTime(window.from), to: fieldTime(window.to), method: design.method },
    params: params.map(paramDraft),
    ...{ search_kind: search.kind, trials_max: String(search.trials_max), trades_min: String(search.trades_min) },
    ...{ fold_count: String(folds.count), anchored: folds.anchored, embargo_min: String(folds.embargo_ms / MINUTE_MS) },
    ...{ objective: design.objective, benchmark: design.benchmark, seed: String(design.seed), checks: design.checks },
    ...{ spot_usdt: wallets.spot_usdt, fut_usdt: wallets.fut_usdt },
  };
}

function paramDraft(param: SearchParam, key: number): ParamDraft {
  const blank = newParam(key, param.path);
  if ("values" in param) return { ...blank, values: param.values.map((value) => JSON.stringify(value)).join(", ") };
  const { min, max, step, scale } = param;
  return { ...blank, kind: "range", min: String(min), max: String(max), step: step ? String(step) : "", scale };
}

/** What the form alone can see is wrong is told at once, in `problems`; the rest only the service knows. */
export function designOf(draft: Draft): { design: DesignAsked; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string) => void problems.push({ field, message });
  const number = (field: string, text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) wrong(field, "number");
    return value;
  };
  const [from, to] = [draft.from, draft.to].map((text) => new Date(text).getTime()) as [number, number];
  if (!Number.isFinite(from)) wrong("window.from", "time");
  if (!Number.isFinite(to)) wrong("window.to", "time");
  if (from >= to) wrong("window.to", "after");
  const design: DesignAsked = {
    bundle: bundleOf(draft, wrong),
    data: {
      ...{ source: draft.source, form: draft.form, on_problem: draft.on_problem },
      ...(draft.form === "bars" && { timeframe: draft.timeframe }),
      ...(draft.instruments.length > 0 && { instruments: draft.instruments }),
    },
    window: { from, to },
    method: draft.method,
    ...{ objective: draft.objective, benchmark: draft.benchmark, checks: draft.checks },
    seed: number("seed", draft.seed),
    wallets: { spot_usdt: draft.spot_usdt.trim(), fut_usdt: draft.fut_usdt.trim() },
  };
  if (METHODS_THAT_SEARCH.includes(draft.method)) {
    design.params = draft.params.map((param, i) => paramOf(param, `params.${i}`, wrong));
    if (METHODS_OF_PARAMS.includes(draft.method) && draft.params.length === 0) wrong("params", "params");
    const trades_min = number("search.trades_min", draft.trades_min);
    const kind = METHODS_WITH_FOLDS.includes(draft.method) ? { kind: draft.search_kind } : {};
    design.search = { ...kind, trials_max: number("search.trials_max", draft.trials_max), trades_min };
  }
  if (METHODS_WITH_FOLDS.includes(draft.method)) {
    design.folds = {
      count: number("folds.count", draft.fold_count),
      anchored: draft.anchored,
      embargo_ms: Math.round(number("folds.embargo_ms", draft.embargo_min) * MINUTE_MS),
    };
  }
  return { design, problems };
}

type Wrong = (field: string, message: string) => void;

function bundleOf({ bundle, kept, pasted }: Draft, wrong: Wrong): unknown {
  if (bundle === "active") return "active";
  if (bundle === "kept") {
    const [bundle_id = "", rev] = kept.split("@");
    if (bundle_id === "") wrong("bundle", "choose");
    return { bundle_id, rev: Number(rev) };
  }
  const read = readBundle(pasted);
  if (!read) wrong("bundle", "document");
  return read;
}

/** Undefined of what is no document. */
export function readBundle(text: string): object | undefined {
  try {
    const read: unknown = parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function paramOf(param: ParamDraft, field: string, wrong: Wrong): unknown {
  const { path, kind, values, min, max, step, scale } = param;
  if (path.trim() === "") wrong(`${field}.path`, "path");
  if (kind === "values") {
    const listed = valuesOf(values);
    if (listed.length === 0) wrong(`${field}.values`, "values");
    return { path: path.trim(), values: listed };
  }
  for (const [name, text] of [
    ["min", min],
    ["max", max],
  ] as const) {
    if (text.trim() === "" || !Number.isFinite(Number(text))) wrong(`${field}.${name}`, "number");
  }
  if (Number(min) > Number(max)) wrong(`${field}.max`, "above_min");
  if (step.trim() !== "" && !(Number(step) > 0)) wrong(`${field}.step`, "number");
  return { path: path.trim(), min: Number(min), max: Number(max), scale, ...(step.trim() && { step: Number(step) }) };
}

/** `1, 2.5, true, "50", fast`: numbers and truth as such, in quotes as text, the rest as text. */
export function valuesOf(text: string): Value[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      if (part === "true" || part === "false") return part === "true";
      if (/^".*"$/.test(part)) return part.slice(1, -1);
      const number = Number(part);
      return Number.isFinite(number) ? number : part;
    });
}

/** How many sets of values a grid has; undefined where a range has no steps. */
export function gridSize(params: readonly ParamDraft[]): number | undefined {
  let size = 1;
  for (const { kind, values, min, max, step, scale } of params) {
    if (kind === "values") size *= valuesOf(values).length;
    else if (!(Number(step) > 0)) return undefined;
    else if (scale === "log")
      size *= Math.floor(Math.log(Number(max) / Number(min)) / Math.log(Number(step)) + 1e-9) + 1;
    else size *= Math.floor((Number(max) - Number(min)) / Number(step) + 1e-9) + 1;
  }
  return Number.isFinite(size) ? size : undefined;
}

/** What is said of a field or of what lies within it; the service's names may begin with `design.`. */
export const problemsAt = (problems: readonly FieldProblem[], field: string): FieldProblem[] =>
  problems.filter(({ field: named }) => {
    const name = named.replace(/^(body\.)?(design\.)?/, "");
    return name === field || name.startsWith(`${field}.`) || name.startsWith(`${field}[`);
  });

const SHOWN = [
  ...["title", "bundle", "data.source", "data.form", "data.timeframe", "data.instruments", "window.from", "window.to"],
  ...["method", "objective", "benchmark", "wallets.spot_usdt", "wallets.fut_usdt", "seed"],
];
const SHOWN_OF_SEARCH = ["params", "search.trials_max", "search.trades_min"];
const SHOWN_OF_FOLDS = ["folds.count", "folds.embargo_ms", "search.kind"];
/** These stand for a whole part of the form. */
const SHOWN_EXACTLY = /^(body\.)?(design\.)?(data|window)$/;

/** Whether the form of this draft shows the problem at a field. */
export function isShown({ method }: Draft, problem: FieldProblem): boolean {
  const fields = [
    ...SHOWN,
    ...(METHODS_THAT_SEARCH.includes(method) ? SHOWN_OF_SEARCH : []),
    ...(METHODS_WITH_FOLDS.includes(method) ? SHOWN_OF_FOLDS : []),
  ];
  return SHOWN_EXACTLY.test(problem.field) || fields.some((field) => problemsAt([problem], field).length > 0);
}
