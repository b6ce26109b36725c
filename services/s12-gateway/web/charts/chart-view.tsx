/** The chart with its frame: timeframes above, the hovered bar's story in the corner, everything live. */
import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import type { Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { isRefusal } from "../api/http.ts";
import { decisionsQuery, fillsQuery, historyQuery, ordersQuery } from "../api/queries.ts";
import { asGiven, digitsOf } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Failed, Skeleton } from "../parts/states.tsx";
import { addressStore, go } from "../state/address.ts";
import { BAR_MS, CHART_TIMEFRAMES } from "../state/bars.ts";
import { useLive } from "../state/live.ts";
import { withHistory } from "../state/market.ts";
import { useStore } from "../state/store.ts";
import { levelsOf, marksOf, stopLadderOf, stopStepsOf, storiesOf, verdictsOf } from "./chart-marks.ts";
import { HoverStory } from "./hover-story.tsx";
import type { LadderLines } from "./ladder-levels.ts";
import type { Drag } from "./level-drag.ts";
import type { PriceChart } from "./price-chart.ts";
import { useChart } from "./use-chart.ts";

interface ChartViewProps {
  instrument: Instrument | undefined;
  trade: Trade | undefined;
  /** The trade's ladder, where the chart is about that. */
  ladder?: LadderLines;
  drag?: Drag | undefined;
}

export function ChartView({ instrument, trade, ladder, drag }: ChartViewProps) {
  const { t } = useText();
  const { market } = useLive();
  const address = useStore(addressStore, (shown) => shown);
  const history = useQuery(historyQuery(address.instrument, address.timeframe));
  const fetched = history.data;
  useEffect(() => {
    const shown = market.get();
    if (fetched && fetched.instrument === shown.instrument && fetched.timeframe === shown.timeframe) {
      market.set(withHistory(shown, fetched.bars));
    }
  }, [fetched, market]);
  const { element, chart, hovered } = useChart();
  const stories = useDrawing(chart, { instrument, trade, ladder });
  useEffect(() => chart?.setDrag(drag), [chart, drag]);
  return (
    <section className="panel chart" aria-label={t("chart.title")} id="chart" tabIndex={-1}>
      <header className="panel-head">
        <ToggleGroup
          className="switch"
          value={[address.timeframe]}
          onValueChange={([timeframe]) => timeframe && go({ timeframe })}
          aria-label={t("chart.timeframe")}
        >
          {CHART_TIMEFRAMES.map((timeframe) => (
            <Toggle key={timeframe} value={timeframe} className="switch-item">
              {timeframe}
            </Toggle>
          ))}
        </ToggleGroup>
        <button type="button" className="link" onClick={() => chart?.toNewest()}>
          {t("chart.newest")}
        </button>
        {isRefusal(history.error) || fetched?.source === "LIVE" ? (
          <span className="chart-note">{t("chart.live_only")}</span>
        ) : null}
        <span className="spacer" />
        <a className="credit" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
          {t("chart.credit")}
        </a>
      </header>
      <div className="chart-frame">
        <div ref={element} className="chart-canvas" />
        <HoverStory openTs={hovered} stories={stories} digits={digitsOf(instrument?.tick_size, 2)} />
        {history.isPending ? <Skeleton rows={6} /> : null}
        {history.error && !fetched && !isRefusal(history.error) ? (
          <Failed error={history.error} onRetry={() => void history.refetch()} />
        ) : null}
      </div>
    </section>
  );
}

/** Keeps the drawing equal to the state; gives back what happened in each bar. */
function useDrawing(chart: PriceChart | undefined, { instrument, trade, ladder }: ChartViewProps) {
  const { t } = useText();
  const { market } = useLive();
  const bars = useStore(market, (state) => state.bars);
  const timeframe = useStore(market, (state) => state.timeframe);
  const id = instrument?.instrument;
  const orders = useOf(useQuery(ordersQuery).data, id);
  const fills = useOf(useQuery(fillsQuery).data, id);
  const decisions = useOf(useQuery(decisionsQuery).data, id);
  const barMs = BAR_MS[timeframe];
  const barCount = bars.length;
  const firstTs = bars[0]?.openTs;
  // Bars change many times a second; which bar a fill stands on changes only when bars come or go.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said above
  const steadyBars = useMemo(() => bars, [barCount, firstTs, barMs, id, bars.at(-1)?.openTs]);
  const stories = useMemo(
    () => storiesOf({ bars: steadyBars, barMs, fills, decisions }),
    [steadyBars, barMs, fills, decisions],
  );
  const digits = digitsOf(instrument?.tick_size, 2);
  useEffect(() => chart?.setDigits(digits), [chart, digits]);
  useEffect(() => chart?.setBars(bars), [chart, bars]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per instrument and timeframe, when bars are there
  useEffect(() => chart?.toNewest(), [chart, id, timeframe, barCount > 1]);
  useEffect(() => chart?.setMarks(marksOf(stories)), [chart, stories]);
  useEffect(() => chart?.setVerdicts(verdictsOf(stories)), [chart, stories]);
  // Where the chart is about one trade, its steps stay when it is over.
  const stepsOf = ladder ? stopStepsOf : stopLadderOf;
  useEffect(() => chart?.setStopLadder(stepsOf(trade, steadyBars, barMs)), [chart, stepsOf, trade, steadyBars, barMs]);
  useEffect(() => {
    const order = (o: Order) => `${t(`side.${o.side}`)} ${asGiven(o.qty)}`;
    const names = { entry: t("level.entry"), stop: t("level.stop"), target: t("level.target"), order };
    chart?.setLevels([...levelsOf(trade, orders, names), ...(ladder?.levels ?? [])]);
    chart?.setFit(ladder?.fit ?? []);
  }, [chart, trade, orders, ladder, t]);
  return stories;
}

/** The items of one instrument, the same array while nothing changed. */
function useOf<T extends { instrument: string }>(list: readonly T[] | undefined, id: string | undefined): readonly T[] {
  return useMemo(() => (list ?? []).filter((item) => item.instrument === id), [list, id]);
}
