/** Trials of a search as a table for other programs: a column for each parameter, then its figures. */
import type { RunSummary, Trial } from "../../shared/domain/experiment.ts";
import type { CellKind, OutColumn } from "../data/table-out.ts";

const FIGURES: readonly (readonly [name: keyof RunSummary, kind: CellKind])[] = [
  ["net_usdt", "amount"],
  ["total_return", "float"],
  ["cagr", "float"],
  ["sharpe", "float"],
  ["sortino", "float"],
  ["calmar", "float"],
  ["max_drawdown", "float"],
  ["profit_factor", "float"],
  ["hit_rate", "float"],
  ["expectancy_usdt", "amount"],
  ["exposure", "float"],
  ["turnover", "float"],
  ["trades", "count"],
  ["fees_usdt", "amount"],
  ["funding_usdt", "amount"],
  ["slippage_usdt", "amount"],
  ["maker_share", "float"],
  ["signals", "count"],
  ["liquidations", "count"],
];

/** A parameter that is a number everywhere is one in the table too. */
export function trialColumns(trials: readonly Trial[]): OutColumn<Trial>[] {
  const paths = [...new Set(trials.flatMap(({ params }) => Object.keys(params)))];
  const params = paths.map((path): OutColumn<Trial> => {
    const isNumber = trials.every(({ params: { [path]: value } }) => value === undefined || typeof value === "number");
    const of = ({ params: { [path]: value } }: Trial) => (isNumber || value === undefined ? value : String(value));
    return { name: path, kind: isNumber ? "float" : "text", of };
  });
  return [
    { name: "trial", kind: "count", of: ({ trial }) => trial },
    { name: "role", kind: "text", of: ({ role }) => role },
    { name: "fold", kind: "count", of: ({ fold }) => fold },
    { name: "status", kind: "text", of: ({ status }) => status },
    ...params,
    { name: "score", kind: "float", of: ({ score }) => score },
    ...FIGURES.map(([name, kind]): OutColumn<Trial> => ({ name, kind, of: ({ summary }) => summary?.[name] })),
    { name: "wall_ms", kind: "float", of: ({ wall_ms }) => wall_ms },
    { name: "message", kind: "text", of: ({ message }) => message },
  ];
}
