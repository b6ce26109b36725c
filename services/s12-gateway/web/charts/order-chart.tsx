/** The market around an order: bars before, during and after it, with its price, its fills and its trade's stops. */
import { useMemo } from "react";
import type { OrderStory } from "../../../../shared/client/gen/types.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { asGiven } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { BAR_MS } from "../state/bars.ts";
import { lastedMs, spanOf } from "../state/life.ts";
import type { LevelLine } from "./chart-marks.ts";
import { LifeChart, type LifeChartProps, timeframeFor } from "./life-chart.tsx";

const MINUTES_MS_MAX = 4 * 3_600_000;

export function OrderChart({ story, trade }: { story: OrderStory; trade: Trade | undefined }) {
  const { t } = useText();
  const lines = useMemo(() => {
    const levels = levelsOf(story, t);
    return { levels, fit: levels.map(({ price }) => price) };
  }, [story, t]);
  const { instrument } = story.order;
  return <LifeChart {...{ instrument, trade, lines }} fills={story.fills} span={spanAround(story)} />;
}

function spanAround({ order, timeline }: OrderStory): LifeChartProps["span"] {
  const timeframe = timeframeFor(order.instrument, lastedMs(timeline), MINUTES_MS_MAX);
  const { fromTs, toTs } = spanOf(timeline, BAR_MS[timeframe]);
  const coarse = BAR_MS[timeframe] * 10;
  return { timeframe, fromTs: Math.floor(fromTs / coarse) * coarse, toTs: Math.ceil(toTs / coarse) * coarse };
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
