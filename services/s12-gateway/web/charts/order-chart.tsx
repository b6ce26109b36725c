/** The market around an order: bars before, during and after it, with its price, its fills and its trade's stops. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { OrderStory } from "../../../../shared/client/gen/types.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { spanQuery } from "../api/page-queries.ts";
import { instrumentsQuery } from "../api/queries.ts";
import { asGiven, digitsOf } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { Failed, Panel, Skeleton } from "../parts/states.tsx";
import { BAR_MS, type ChartTimeframe } from "../state/bars.ts";
import { lastedMs, spanOf } from "../state/life.ts";
import { type LevelLine, marksOf, stopStepsOf, storiesOf } from "./chart-marks.ts";
import { useChart } from "./use-chart.ts";

/** Lives longer than this are shown in minutes, and in five minutes beyond the second. */
const SECONDS_MS_MAX = 300_000;
const MINUTES_MS_MAX = 4 * 3_600_000;

export function OrderChart({ story, trade }: { story: OrderStory; trade: Trade | undefined }) {
  const { t } = useText();
  const { timeframe, query } = useBars(story);
  const { element, chart } = useChart();
  const listing = useQuery(instrumentsQuery).data?.find((each) => each.instrument === story.order.instrument);
  const digits = digitsOf(listing?.tick_size, 2);
  const bars = query.data;
  const barMs = BAR_MS[timeframe];
  const levels = useMemo(() => levelsOf(story, t), [story, t]);
  const stories = useMemo(
    () => storiesOf({ bars: bars ?? [], barMs, fills: story.fills, decisions: [] }),
    [bars, barMs, story.fills],
  );
  useEffect(() => chart?.setDigits(digits), [chart, digits]);
  useEffect(() => {
    if (!chart || !bars) return;
    chart.setBars(bars);
    chart.toAll();
  }, [chart, bars]);
  useEffect(() => chart?.setMarks(marksOf(stories)), [chart, stories]);
  useEffect(() => chart?.setStopLadder(stopStepsOf(trade, bars ?? [], barMs)), [chart, trade, bars, barMs]);
  useEffect(() => {
    chart?.setLevels(levels);
    chart?.setFit(levels.map((level) => level.price));
  }, [chart, levels]);
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

/** Seconds for a short life where the exchange keeps them, which is on spot, else minutes. */
function useBars(story: OrderStory) {
  const lasted = lastedMs(story.timeline);
  const hasSeconds = story.order.instrument.startsWith("SPOT:");
  const wanted: ChartTimeframe = lasted > MINUTES_MS_MAX ? "5m" : lasted <= SECONDS_MS_MAX && hasSeconds ? "1s" : "1m";
  const barMs = BAR_MS[wanted];
  // A living order's span grows in whole bars, so that not every new step asks for all bars again.
  const { fromTs, toTs } = spanOf(story.timeline, barMs);
  const coarse = barMs * 10;
  const span = {
    timeframe: wanted,
    fromTs: Math.floor(fromTs / coarse) * coarse,
    toTs: Math.ceil(toTs / coarse) * coarse,
  };
  const query = useQuery(spanQuery(story.order.instrument, span));
  return { timeframe: wanted, query };
}

/** One line a price: the order's own, labelled, then those of the other orders of its intent. */
function levelsOf({ order, orders }: OrderStory, t: Translate): LevelLine[] {
  const lines = new Map<number, LevelLine>();
  for (const each of [order, ...orders.filter((other) => other.client_order_id !== order.client_order_id)]) {
    const isOwn = each === order;
    const price = Number(each.stop_price ?? each.price ?? each.avg_price ?? 0);
    // An entry that was tried again stands at nearly the same price: only the order looked at is shown of those.
    if (!(price > 0) || lines.has(price) || (!isOwn && each.kind === order.kind)) continue;
    lines.set(price, {
      id: `order:${each.client_order_id}`,
      price,
      kind: each.kind === "SL" ? "stop" : each.kind === "TP" ? "target" : "entry",
      title: isOwn ? `${t(`kind.${each.kind}`)} ${asGiven(each.qty)}` : t(`kind.${each.kind}`),
    });
  }
  return [...lines.values()];
}
