/** One line over time on lightweight-charts, with holes where nothing was known. */
import { ColorType, CrosshairMode, createChart, LineSeries, type Time, type UTCTimestamp } from "lightweight-charts";
import { clockText, dayText, minuteText } from "../format/times.ts";
import type { Point } from "../state/factor-track.ts";
import type { ChartColours } from "./price-chart.ts";

export interface LineChart {
  /** Oldest first, each moment once. */
  setPoints(points: readonly Point[]): void;
  setLook(look: { colours: ChartColours; locale: string }): void;
  destroy(): void;
}

const timeOf = (ts: number): UTCTimestamp => (ts / 1000) as UTCTimestamp;
const tsOf = (time: Time): number => (time as number) * 1000;
const SIGNIFICANT = 4;
const DIGITS_MAX = 8;

export function createLineChart(element: HTMLElement): LineChart {
  const chart = createChart(element, {
    autoSize: true,
    // The library's own logo brings an inline style; the page credits it in text beside the chart instead.
    layout: { attributionLogo: false, fontSize: 11, background: { type: ColorType.Solid, color: "transparent" } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { scaleMargins: { top: 0.1, bottom: 0.1 }, borderVisible: false },
    timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false },
  });
  const line = chart.addSeries(LineSeries, { lineWidth: 2, priceLineVisible: false });
  return {
    setPoints: (points) => {
      const precision = digitsFor(points);
      line.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
      line.setData(
        points.map(({ ts, value }) => (value === null ? { time: timeOf(ts) } : { time: timeOf(ts), value })),
      );
      chart.timeScale().fitContent();
    },
    setLook: ({ colours, locale }) => {
      chart.applyOptions({
        layout: { textColor: colours.text, fontFamily: getComputedStyle(document.body).fontFamily },
        grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
        localization: {
          locale,
          timeFormatter: (time: Time) => `${dayText(tsOf(time), locale)} ${clockText(tsOf(time), locale)}`,
        },
        timeScale: {
          tickMarkFormatter: (time: Time, kind: number) => (kind <= 2 ? dayText : minuteText)(tsOf(time), locale),
        },
      });
      line.applyOptions({ color: colours.accent });
    },
    destroy: () => chart.remove(),
  };
}

/** As many decimals as tell its values apart. */
export function digitsFor(points: readonly Point[]): number {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const span = Math.max(...values) - Math.min(...values);
  const size = span > 0 ? span : Math.abs(values[0] ?? 1) || 1;
  const digits = SIGNIFICANT - 1 - Math.floor(Math.log10(size));
  return Math.min(DIGITS_MAX, Math.max(0, digits));
}
