/** Which search a design asks for, and at most how many trials it takes. */
import type { ExperimentDesign } from "../domain/experiment.ts";
import { type Axis, combinations } from "./axis.ts";
import { geneticSearch } from "./genetic-search.ts";
import { gridSearch } from "./grid-search.ts";
import { randomSearch } from "./random-search.ts";
import type { Search, SearchInput } from "./search.ts";

export type SearchKind = "grid" | "random" | "genetic";

const BY_METHOD = { GRID: "grid", RANDOM: "random", GENETIC: "genetic" } as const;
const SEARCHES = { grid: gridSearch, random: randomSearch, genetic: geneticSearch } as const;

type Asked = Pick<ExperimentDesign, "method" | "search" | "params">;

/** Undefined: nothing is searched. */
export function searchKind({ method, search, params = [] }: Asked): SearchKind | undefined {
  if (method === "BACKTEST" || params.length === 0) return undefined;
  if (method === "GRID" || method === "RANDOM" || method === "GENETIC") return BY_METHOD[method];
  if (search.kind !== "auto") return search.kind;
  return gridCount(params) <= search.trials_max ? "grid" : "random";
}

/** Every range has steps. */
export const isGridLike = (params: Asked["params"] = []): boolean =>
  params.every((param) => "values" in param || param.step !== undefined);

function gridCount(params: NonNullable<Asked["params"]>): number {
  if (!isGridLike(params)) return Number.POSITIVE_INFINITY;
  return params.reduce((all, param) => {
    if ("values" in param) return all * new Set(param.values).size;
    const { min, max, step = 1, scale } = param;
    const steps = scale === "log" ? Math.log(max / min) / Math.log(step) : (max - min) / step;
    return all * (Math.floor(steps + 1e-9) + 1);
  }, 1);
}

export const openSearch = (kind: SearchKind, input: SearchInput): Search => SEARCHES[kind](input);

export const trialsAtMost = (axes: readonly Axis[], { search }: Asked): number =>
  Math.min(combinations(axes), search.trials_max);
