/** The figures of runs side by side: one row for each figure, one column for each run, the best of them marked. */
import type { ReactNode } from "react";
import type { RunSummary } from "../../../../shared/domain/experiment.ts";
import { directionOf, numberText, percentText, usdtText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";

type FigureId = Exclude<keyof RunSummary, "from_ts" | "to_ts">;
interface FigureSpec {
  readonly id: FigureId;
  readonly kind: "gain" | "money" | "share" | "gain_share" | "ratio" | "count";
  /** Which end is the better one; missing where neither is. */
  readonly better?: "high" | "low";
}

export const RUN_FIGURES: readonly FigureSpec[] = [
  { id: "net_usdt", kind: "gain", better: "high" },
  { id: "total_return", kind: "gain_share", better: "high" },
  { id: "cagr", kind: "gain_share", better: "high" },
  { id: "sharpe", kind: "ratio", better: "high" },
  { id: "sortino", kind: "ratio", better: "high" },
  { id: "calmar", kind: "ratio", better: "high" },
  { id: "max_drawdown", kind: "share", better: "low" },
  { id: "profit_factor", kind: "ratio", better: "high" },
  { id: "hit_rate", kind: "share" },
  { id: "expectancy_usdt", kind: "gain", better: "high" },
  { id: "trades", kind: "count" },
  { id: "open_trades", kind: "count" },
  { id: "signals", kind: "count" },
  { id: "exposure", kind: "share" },
  { id: "turnover", kind: "ratio" },
  { id: "maker_share", kind: "share" },
  { id: "fees_usdt", kind: "money", better: "low" },
  { id: "funding_usdt", kind: "gain" },
  { id: "slippage_usdt", kind: "money", better: "low" },
  { id: "liquidations", kind: "count", better: "low" },
];

export interface ShownRun {
  readonly key: string;
  readonly head: ReactNode;
  readonly summary: RunSummary | undefined;
  /** Of another time than the others: no better and no worse than they are. */
  readonly isApart?: boolean;
}

export function RunFigures({ caption, runs }: { caption: string; runs: readonly ShownRun[] }) {
  const { t } = useText();
  return (
    <div className="scroll-x">
      <table className="small-table numbers run-figures-table">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t("research.figure")}</th>
            {runs.map(({ key, head }) => (
              <th key={key} scope="col" className="right">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {RUN_FIGURES.map((spec) => {
            const best = bestOf(spec, runs);
            return (
              <tr key={spec.id}>
                <th scope="row" title={t(`figure.${spec.id}.hint`)}>
                  {t(`figure.${spec.id}`)}
                </th>
                {runs.map(({ key, summary }) => (
                  <td key={key} className="right" data-best={key === best || undefined}>
                    <RunFigure spec={spec} summary={summary} />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function RunFigure({ spec: { id, kind }, summary }: { spec: FigureSpec; summary: RunSummary | undefined }) {
  const value = summary?.[id] ?? undefined;
  const number = value === undefined ? undefined : Number(value);
  const tone = kind === "gain" || kind === "gain_share" ? directionOf(number) : undefined;
  return <Figure tone={tone}>{figureText(kind, value)}</Figure>;
}

function figureText(kind: FigureSpec["kind"], value: string | number | undefined): string {
  switch (kind) {
    case "gain":
    case "money":
      return usdtText(value === undefined ? undefined : String(value), kind === "gain");
    case "share":
    case "gain_share":
      return percentText(value === undefined ? undefined : Number(value), 2, kind === "gain_share");
    case "ratio":
      return numberText(value === undefined ? undefined : Number(value), 2);
    case "count":
      return numberText(value === undefined ? undefined : Number(value), 0);
  }
}

/** Of two runs or more the one that stands out; none where several are as good. */
export function bestOf({ id, better }: FigureSpec, runs: readonly ShownRun[]): string | undefined {
  if (!better) return undefined;
  const told = runs.flatMap(({ key, summary, isApart }) => {
    const value = summary?.[id] ?? undefined;
    return value === undefined || isApart ? [] : [{ key, value: Number(value) * (better === "high" ? 1 : -1) }];
  });
  const values = told.map(({ value }) => value);
  const highest = Math.max(...values);
  if (told.length < 2) return undefined;
  const first = told.filter(({ value }) => value === highest);
  return first.length === 1 ? first[0]?.key : undefined;
}
