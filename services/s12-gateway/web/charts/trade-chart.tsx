/** The market around one trade: its fills as markers, entry and exit as lines, and the steps of its stop. */
import { useMemo } from "react";
import type { Fill } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { now } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { BAR_MS } from "../state/bars.ts";
import { closedLinesOf } from "./ladder-levels.ts";
import { LifeChart, type LifeChartProps, timeframeFor } from "./life-chart.tsx";

const MINUTES_MS_MAX = 8 * 3_600_000;
const BARS_AROUND = 20;

export function TradeChart({ trade, fills }: { trade: Trade; fills: readonly Fill[] }) {
  const { t } = useText();
  const lines = useMemo(() => closedLinesOf(trade, { entry: t("level.entry"), exit: t("kind.EXIT") }), [trade, t]);
  return <LifeChart instrument={trade.instrument} span={spanAround(trade)} {...{ trade, fills, lines }} />;
}

function spanAround({ instrument, opened_at, closed_at }: Trade): LifeChartProps["span"] {
  const lasted = (closed_at ?? now()) - opened_at;
  const timeframe = timeframeFor(instrument, lasted, MINUTES_MS_MAX);
  const margin = Math.max(BARS_AROUND * BAR_MS[timeframe], lasted / 3);
  const coarse = BAR_MS[timeframe] * 10;
  const fromTs = Math.floor((opened_at - margin) / coarse) * coarse;
  const toTs = Math.ceil((opened_at + lasted + margin) / coarse) * coarse;
  return { timeframe, fromTs, toTs };
}
