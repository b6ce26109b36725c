/** One factor: what it is, by which formula and source, and its past as a line. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { FactorFamily } from "../../../../shared/client/gen/types.ts";
import { factorHistoryQuery } from "../api/factor-queries.ts";
import { createLineChart, type LineChart } from "../charts/line-chart.ts";
import { coloursNow } from "../charts/use-chart.ts";
import { useText } from "../i18n/translate.ts";
import { type FactorWindow, windowOf } from "../state/factor-families.ts";
import type { Point } from "../state/factor-track.ts";
import { useLive } from "../state/live.ts";
import { prefsStore } from "../state/prefs.ts";
import { useStore } from "../state/store.ts";
import { type FactorRow, rangeText } from "./factor-table.tsx";
import { Figure, Pair } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Empty, Panel } from "./states.tsx";

interface FactorDetailProps {
  row: FactorRow;
  instrument: string;
}

export function FactorDetail({ row, instrument }: FactorDetailProps) {
  const { t } = useText();
  const { id, family } = row;
  const window = family && windowOf(id, family);
  return (
    <Panel className="factor-detail" title={id} aside={window ? <span className="muted">{window}</span> : null}>
      {window ? (
        <History instrument={instrument} factor={id} window={window} />
      ) : (
        <Empty>{t(family ? "factors.not_kept" : "factors.unknown")}</Empty>
      )}
      {family ? <Terms family={family} /> : null}
    </Panel>
  );
}

function Terms({ family }: { family: FactorFamily }) {
  const { t } = useText();
  return (
    <>
      <details className="formula" open>
        <summary>{t("factors.formula")}</summary>
        <p className="formula-text">{family.formula}</p>
        <p className="muted">{family.source}</p>
      </details>
      <dl className="pairs one">
        <Pair label={t("factors.family")}>
          <code>{`${family.pattern} v${family.version}`}</code>
        </Pair>
        <Pair label={t("factors.range")}>
          <Figure>{rangeText(family.range)}</Figure>
        </Pair>
        <Pair label={t("factors.frequency")}>{t(`frequency.${family.frequency}`)}</Pair>
        <Pair label={t("factors.lag")}>{family.lag}</Pair>
        <Pair label={t("factors.needs")}>{family.needs.join(", ")}</Pair>
      </dl>
    </>
  );
}

interface HistoryProps {
  instrument: string;
  factor: string;
  window: FactorWindow;
}

function History({ instrument, factor, window }: HistoryProps) {
  const { t } = useText();
  const live = useLive();
  const query = useQuery(factorHistoryQuery({ instrument, factor, window }, live.serverNow));
  return (
    <LoadedHere query={query} rows={5} what={t("factors.history")}>
      {(kept) =>
        kept.length === 0 ? (
          <Empty>{t("factors.no_history", { window })}</Empty>
        ) : (
          <>
            <Line points={kept.map(({ ts, values }) => ({ ts, value: values[factor] ?? null }))} factor={factor} />
            <p className="muted history-words">
              {t("factors.bars", {
                count: kept.length,
                live: kept.filter(({ origin }) => origin === "LIVE").length,
                window,
              })}{" "}
              <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
                {t("chart.credit")}
              </a>
            </p>
          </>
        )
      }
    </LoadedHere>
  );
}

function Line({ points, factor }: { points: readonly Point[]; factor: string }) {
  const { t, locale } = useText();
  const theme = useStore(prefsStore, (prefs) => `${prefs.theme}/${prefs.colours}`);
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<LineChart>();
  const key = `${points.length} ${points[0]?.ts} ${points.at(-1)?.ts} ${factor}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same bars draw the same line
  const shown = useMemo(() => points, [key]);
  useEffect(() => {
    if (!element.current) return;
    const made = createLineChart(element.current);
    setChart(made);
    return () => made.destroy();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the theme
  useEffect(() => chart?.setLook({ colours: coloursNow(), locale }), [chart, theme, locale]);
  useEffect(() => chart?.setPoints(shown), [chart, shown]);
  return <div ref={element} className="factor-chart" role="img" aria-label={t("factors.chart", { factor })} />;
}
