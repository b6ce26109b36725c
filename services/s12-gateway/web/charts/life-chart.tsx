/** The market around one order or trade: bars before, during and after it, its fills, its lines, the steps of its stop. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Fill } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { spanQuery } from "../api/page-queries.ts";
import { instrumentsQuery } from "../api/queries.ts";
import { digitsOf } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Failed, Panel, Skeleton } from "../parts/states.tsx";
import { BAR_MS, type ChartTimeframe } from "../state/bars.ts";
import { marksOf, stopStepsOf, storiesOf } from "./chart-marks.ts";
import type { LadderLines } from "./ladder-levels.ts";
import { useChart } from "./use-chart.ts";

/** Longer lives are shown in minutes. */
const SECONDS_MS_MAX = 300_000;

/** Seconds for a short life where the exchange keeps them, which is on spot; minutes, and five of them beyond `minutesMax`. */
export function timeframeFor(instrument: string, lastedMs: number, minutesMax: number): ChartTimeframe {
  if (lastedMs > minutesMax) return "5m";
  return lastedMs <= SECONDS_MS_MAX && instrument.startsWith("SPOT:") ? "1s" : "1m";
}

export interface LifeChartProps {
  instrument: string;
  /** Grows in whole stretches of bars, so that what still lives does not ask for all of them again and again. */
  span: { timeframe: ChartTimeframe; fromTs: number; toTs: number };
  fills: readonly Fill[];
  /** Whose stop is shown. */
  trade: Trade | undefined;
  lines: LadderLines;
}

export function LifeChart({ instrument, span, fills, trade, lines }: LifeChartProps) {
  const { t } = useText();
  const query = useQuery(spanQuery(instrument, span));
  const { element, chart } = useChart();
  const listing = useQuery(instrumentsQuery).data?.find((each) => each.instrument === instrument);
  const digits = digitsOf(listing?.tick_size, 2);
  const bars = query.data;
  const barMs = BAR_MS[span.timeframe];
  useEffect(() => chart?.setDigits(digits), [chart, digits]);
  useEffect(() => {
    if (!chart || !bars) return;
    chart.setBars(bars);
    chart.toAll();
  }, [chart, bars]);
  useEffect(
    () => chart?.setMarks(marksOf(storiesOf({ bars: bars ?? [], barMs, fills, decisions: [] }))),
    [chart, bars, barMs, fills],
  );
  useEffect(() => chart?.setStopLadder(stopStepsOf(trade, bars ?? [], barMs)), [chart, trade, bars, barMs]);
  useEffect(() => {
    chart?.setLevels(lines.levels);
    chart?.setFit(lines.fit);
  }, [chart, lines]);
  return (
    <Panel
      id="chart"
      className="chart order-chart"
      title={t("order.chart")}
      aside={<span className="muted">{span.timeframe}</span>}
    >
      <div className="chart-frame">
        <div ref={element} className="chart-canvas" />
        {query.isPending ? <Skeleton rows={5} /> : null}
        {query.error && !bars ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
      </div>
      <a className="credit" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
        {t("chart.credit")}
      </a>
    </Panel>
  );
}
