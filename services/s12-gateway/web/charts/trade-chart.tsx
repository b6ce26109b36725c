/** The market around one trade: its fills as markers, entry and exit as lines, and the steps of its stop. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Fill } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { now } from "../api/now.ts";
import { spanQuery } from "../api/page-queries.ts";
import { instrumentsQuery } from "../api/queries.ts";
import { digitsOf } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Failed, Panel, Skeleton } from "../parts/states.tsx";
import { BAR_MS, type ChartTimeframe } from "../state/bars.ts";
import { marksOf, stopStepsOf, storiesOf } from "./chart-marks.ts";
import { closedLinesOf } from "./ladder-levels.ts";
import { useChart } from "./use-chart.ts";

const SECONDS_MS_MAX = 300_000;
const MINUTES_MS_MAX = 8 * 3_600_000;
const BARS_AROUND = 20;

export function TradeChart({ trade, fills }: { trade: Trade; fills: readonly Fill[] }) {
  const { t } = useText();
  const { timeframe, query } = useBars(trade);
  const { element, chart } = useChart();
  const listing = useQuery(instrumentsQuery).data?.find((each) => each.instrument === trade.instrument);
  const digits = digitsOf(listing?.tick_size, 2);
  const bars = query.data;
  const barMs = BAR_MS[timeframe];
  const lines = useMemo(() => closedLinesOf(trade, { entry: t("level.entry"), exit: t("kind.EXIT") }), [trade, t]);
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
      aside={<span className="muted">{timeframe}</span>}
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

/** In whole stretches of bars, so that an open trade does not ask for all of them again every second. */
function useBars(trade: Trade) {
  const lasted = (trade.closed_at ?? now()) - trade.opened_at;
  const hasSeconds = trade.instrument.startsWith("SPOT:");
  const timeframe: ChartTimeframe =
    lasted > MINUTES_MS_MAX ? "5m" : lasted <= SECONDS_MS_MAX && hasSeconds ? "1s" : "1m";
  const margin = Math.max(BARS_AROUND * BAR_MS[timeframe], lasted / 3);
  const coarse = BAR_MS[timeframe] * 10;
  const fromTs = Math.floor((trade.opened_at - margin) / coarse) * coarse;
  const toTs = Math.ceil((trade.opened_at + lasted + margin) / coarse) * coarse;
  return { timeframe, query: useQuery(spanQuery(trade.instrument, { timeframe, fromTs, toTs })) };
}
