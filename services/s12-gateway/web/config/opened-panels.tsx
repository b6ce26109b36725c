/** Which signals each revision opens, and what stands behind it: strategies, rules, reasons, side by side. */
import type { SimulationSummary } from "../../../../shared/domain/simulation.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { Figure, Pair } from "../parts/figures.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { PairBars, SideKey } from "./pair-bars.tsx";

const ROWS_SHOWN = 15;
/** What stands as the reason of those that were opened. */
const OPENED = "open";
const count = (value: number): string => numberText(value, 0);

export function OpenedPanels({ summary }: { summary: SimulationSummary }) {
  const { t } = useText();
  const mostFirst = <T extends { active: number; candidate: number }>(rows: readonly T[]): T[] =>
    rows.toSorted((a, b) => b.active + b.candidate - (a.active + a.candidate)).slice(0, ROWS_SHOWN);
  const rules = mostFirst(summary.rules).map((row) => ({ ...row, name: row.rule_id }));
  const strategies = mostFirst(summary.strategies).map((row) => ({ ...row, name: row.strategy_id }));
  const reasons = mostFirst(summary.reasons.filter(({ reason }) => reason !== OPENED)).map((row) => ({
    ...row,
    name: codeText(t, "reason", row.reason),
  }));
  return (
    <>
      <Panel title={t("simulation.opened")}>
        <OpenedBar summary={summary} />
        <Shares summary={summary} />
        {summary.unweighable.length > 0 ? (
          <ul className="notes">
            {summary.unweighable.map(({ reason, signals }) => (
              <li key={reason}>{t("simulation.unweighable", { reason, count: count(signals) })}</li>
            ))}
          </ul>
        ) : null}
      </Panel>
      <div className="panel-row">
        <Panel className="pair-panel" title={t("simulation.by_strategy")}>
          <PairBars caption={t("column.strategy")} pairs={strategies} text={count} />
        </Panel>
        <Panel className="pair-panel" title={t("simulation.by_rule")}>
          {rules.length === 0 ? (
            <Empty>{t("simulation.no_rules_hit")}</Empty>
          ) : (
            <PairBars caption={t("simulation.rule")} pairs={rules} text={count} />
          )}
        </Panel>
        <Panel className="pair-panel" title={t("simulation.by_reason")}>
          <PairBars caption={t("simulation.reason")} pairs={reasons} text={count} />
        </Panel>
      </div>
    </>
  );
}

const WIDTH = 1_000;

function OpenedBar({ summary }: { summary: SimulationSummary }) {
  const { t } = useText();
  const { both_open, only_active, only_candidate, neither } = summary;
  const parts = [
    { side: "both", count: both_open },
    { side: "active", count: only_active },
    { side: "candidate", count: only_candidate },
    { side: "neither", count: neither },
  ] as const;
  // Most signals open nothing: they would leave no room for the others.
  const opened = both_open + only_active + only_candidate;
  const shown = parts.filter(({ side }) => side !== "neither");
  let from = 0;
  const words = parts.map((part) => `${t(`simulation.side.${part.side}`)}: ${count(part.count)}`).join(", ");
  return (
    <figure className="opened-bar">
      <svg viewBox={`0 0 ${WIDTH} 22`} preserveAspectRatio="none" role="img" aria-label={words}>
        <rect className="bar-room" width={WIDTH} height="22" />
        {shown.map(({ side, count: value }) => {
          const width = opened > 0 ? (value / opened) * WIDTH : 0;
          const at = from;
          from += width;
          return <rect key={side} data-side={side} x={at} width={width} height="22" />;
        })}
      </svg>
      <figcaption>
        {parts.map(({ side, count: value }) => (
          <span key={side} className="side-told">
            {side === "neither" ? null : <SideKey side={side} />}
            {t(`simulation.side.${side}`)} <Figure>{count(value)}</Figure>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function Shares({ summary }: { summary: SimulationSummary }) {
  const { t } = useText();
  const rows = [
    ["signals", count(summary.signals)],
    ["changed", `${count(summary.changed)} · ${percentText(summary.changed_share, 1)}`],
    ["wanted", count(summary.wanted)],
    ["similarity", percentText(summary.similarity ?? undefined, 1)],
    ["skipped", percentText(summary.skipped_by_rules_share, 1)],
    ["sized_up", percentText(summary.sized_up_share, 1)],
    ["not_weighed", count(summary.not_weighed)],
  ] as const;
  return (
    <dl className="facts padded">
      {rows.map(([name, text]) => (
        <Pair key={name} label={t(`simulation.share.${name}`)}>
          <Figure>{text}</Figure>
        </Pair>
      ))}
    </dl>
  );
}
