/** Several lines over time on lightweight-charts, in panes one above the other that share their crosshair. */
import {
  AreaSeries,
  ColorType,
  CrosshairMode,
  createChart,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { clockText, dayText, minuteText } from "../format/times.ts";
import type { ChartColours } from "./price-chart.ts";

export interface ChartLine {
  readonly id: string;
  /** From above, 0 first. */
  readonly pane: 0 | 1;
  readonly colour: string;
  readonly isDashed?: boolean;
  /** Filled down to its line's zero. */
  readonly isArea?: boolean;
  /** As a share: shown as per cent. */
  readonly isShare: boolean;
  /** Oldest first, each whole second once. */
  readonly points: readonly { readonly ts: number; readonly value: number | null }[];
}
export interface LinesChart {
  setLines(lines: readonly ChartLine[]): void;
  setLook(look: LinesLook): void;
  destroy(): void;
}
interface LinesLook {
  colours: ChartColours;
  locale: string;
  /** Times are told as time passed since the beginning. */
  isElapsed: boolean;
}

const HOUR_MS = 3_600_000;
/** Over a longer time the hour of a tick says nothing. */
const DAYS_ALONE_MS = 7 * 24 * HOUR_MS;
const timeOf = (ts: number): UTCTimestamp => (ts / 1000) as UTCTimestamp;
const tsOf = (time: Time): number => (time as number) * 1000;
const percent = (value: number): string => {
  const text = (value * 100).toFixed(Math.abs(value) < 0.1 ? 2 : 1);
  return `${Number(text) === 0 ? text.replace("-", "") : text} %`;
};
const money = (value: number): string => value.toFixed(Math.abs(value) >= 1_000 ? 0 : 2);
const elapsedText = (ms: number): string => `${Math.floor(ms / (24 * HOUR_MS))} d ${Math.floor(ms / HOUR_MS) % 24} h`;

export function createLinesChart(element: HTMLElement, onHover: (ts: number | undefined) => void): LinesChart {
  const chart = createChart(element, {
    autoSize: true,
    // The library's own logo brings an inline style; the page credits it in text beside the chart instead.
    layout: { attributionLogo: false, fontSize: 11, background: { type: ColorType.Solid, color: "transparent" } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.08 }, borderVisible: false },
    timeScale: { timeVisible: true, secondsVisible: false, borderVisible: false },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  chart.subscribeCrosshairMove(({ time }) => onHover(time === undefined ? undefined : tsOf(time)));
  let spanMs = 0;
  let series: ISeriesApi<"Line" | "Area">[] = [];
  return {
    setLines: (lines) => {
      for (const each of series) chart.removeSeries(each);
      const times = lines.flatMap(({ points }) => [points[0]?.ts ?? 0, points.at(-1)?.ts ?? 0]);
      spanMs = Math.max(...times) - Math.min(...times);
      series = lines.map((line) => {
        const priceFormat = { type: "custom", minMove: 1e-6, formatter: line.isShare ? percent : money } as const;
        const shape = {
          lineWidth: 2,
          priceLineVisible: false,
          lastValueVisible: false,
          priceFormat,
          lineStyle: line.isDashed ? LineStyle.Dashed : LineStyle.Solid,
        } as const;
        const made = line.isArea
          ? chart.addSeries(
              AreaSeries,
              { ...shape, lineWidth: 1, lineColor: line.colour, ...fill(line.colour), invertFilledArea: true },
              line.pane,
            )
          : chart.addSeries(LineSeries, { ...shape, color: line.colour }, line.pane);
        made.setData(
          line.points.map(({ ts, value }) => (value === null ? { time: timeOf(ts) } : { time: timeOf(ts), value })),
        );
        return made;
      });
      const [upper, lower] = chart.panes();
      upper?.setStretchFactor(lower ? 3 : 1);
      lower?.setStretchFactor(1);
      chart.timeScale().fitContent();
    },
    setLook: ({ colours, locale, isElapsed }) => {
      const full = (ts: number) => `${dayText(ts, locale)} ${clockText(ts, locale)}`;
      const tick = (ts: number, kind: number) =>
        (kind <= 2 || spanMs > DAYS_ALONE_MS ? dayText : minuteText)(ts, locale);
      chart.applyOptions({
        layout: {
          textColor: colours.text,
          fontFamily: getComputedStyle(document.body).fontFamily,
          panes: { separatorColor: colours.grid, enableResize: false },
        },
        grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
        localization: {
          locale,
          timeFormatter: (time: Time) => (isElapsed ? elapsedText(tsOf(time)) : full(tsOf(time))),
        },
        timeScale: {
          tickMarkFormatter: (time: Time, kind: number) =>
            isElapsed ? elapsedText(tsOf(time)) : tick(tsOf(time), kind),
        },
      });
    },
    destroy: () => chart.remove(),
  };
}

/** Only the part between the line and zero, faintly. */
const fill = (colour: string) => ({ topColor: `${colour}08`, bottomColor: `${colour}40` });
