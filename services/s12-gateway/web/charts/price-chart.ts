/** The price chart on lightweight-charts: what to draw goes in, what is hovered or clicked comes out. */
import {
  type AutoscaleInfo,
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  LineStyle,
  LineType,
  type MouseEventParams,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { after, type Stop } from "../api/now.ts";
import { clockText, dayText, minuteText } from "../format/times.ts";
import type { Bar } from "../state/bars.ts";
import type { LevelLine, Mark, StopPoint, Verdict } from "./chart-marks.ts";
import { attachDrag, type Drag } from "./level-drag.ts";

export interface ChartColours {
  text: string;
  grid: string;
  up: string;
  down: string;
  accent: string;
  muted: string;
  stop: string;
  target: string;
  danger: string;
}
interface ChartLook {
  colours: ChartColours;
  locale: string;
}

export interface PriceChart {
  setBars(bars: readonly Bar[]): void;
  setDigits(digits: number): void;
  setMarks(marks: readonly Mark[]): void;
  setVerdicts(verdicts: readonly Verdict[]): void;
  setLevels(levels: readonly LevelLine[]): void;
  setStopLadder(points: readonly StopPoint[]): void;
  /** Prices that stay in sight besides the bars. */
  setFit(prices: readonly number[]): void;
  /** The level that can be dragged up and down; none when undefined. */
  setDrag(drag: Drag | undefined): void;
  setLook(look: ChartLook): void;
  /** Shows the newest bars again, at the usual width. */
  toNewest(): void;
  toAll(): void;
  destroy(): void;
}
interface ChartEvents {
  /** Open time of the bar under the pointer, or undefined. */
  onHover: (openTs: number | undefined) => void;
  onOpen: (id: string) => void;
}

const timeOf = (ts: number): UTCTimestamp => (ts / 1000) as UTCTimestamp;
const tsOf = (time: Time): number => (time as number) * 1000;
const BARS_SHOWN = 120;
/** A chart is drawn whole each time: the running bar moves as often as the gateway tells of one kind, not more. */
const MOVED_EVERY_MS = 200;
/** Height of the strip of decisions at the bottom, of the whole. */
const STRIP_SHARE = 0.02;

interface Drawn {
  chart: IChartApi;
  candles: ISeriesApi<"Candlestick">;
  volume: ISeriesApi<"Histogram">;
  stops: ISeriesApi<"Line">;
  verdicts: ISeriesApi<"Histogram">;
  markers: ISeriesMarkersPluginApi<Time>;
}

export function createPriceChart(element: HTMLElement, events: ChartEvents): PriceChart {
  const drawn = draw(element);
  const { chart, candles, markers, stops } = drawn;
  const lines = new Map<string, IPriceLine>();
  let look: ChartLook | undefined;
  let marks: readonly Mark[] = [];
  let levels: readonly LevelLine[] = [];
  let verdicts: readonly Verdict[] = [];
  let fit: readonly number[] = [];
  const dragging = attachDrag(element, drawn);
  candles.applyOptions({ autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => widened(own(), fit) });

  chart.subscribeCrosshairMove((move: MouseEventParams) =>
    events.onHover(move.time === undefined ? undefined : tsOf(move.time)),
  );
  chart.subscribeClick((click: MouseEventParams) => {
    const inStrip = (click.point?.y ?? 0) > chart.paneSize().height * (1 - STRIP_SHARE - 0.02);
    const verdict = inStrip && verdicts.find((each) => click.time !== undefined && each.openTs === tsOf(click.time));
    if (typeof click.hoveredObjectId === "string") events.onOpen(click.hoveredObjectId);
    else if (verdict) events.onOpen(verdict.id);
  });
  const showMarks = () => look && markers.setMarkers(marks.map((mark) => markerOf(mark, look!.colours)));
  const showVerdicts = () => look && drawn.verdicts.setData(verdicts.map((each) => stripOf(each, look!.colours)));
  const showLevels = () => look && replaceLevels(lines, candles, { levels, colours: look.colours });

  const bars = paced((shown, next) => setData(drawn, shown, { next, colours: look?.colours }));

  return {
    setBars: bars.set,
    setDigits: (digits) => {
      const priceFormat = { type: "price" as const, precision: digits, minMove: 10 ** -digits };
      candles.applyOptions({ priceFormat });
      stops.applyOptions({ priceFormat });
    },
    setMarks: (next) => {
      marks = next;
      showMarks();
    },
    setVerdicts: (next) => {
      verdicts = next;
      showVerdicts();
    },
    setLevels: (next) => {
      levels = next;
      showLevels();
    },
    setStopLadder: (points) =>
      stops.setData(points.map((point) => ({ time: timeOf(point.openTs), value: point.price }))),
    setFit: (prices) => {
      fit = prices;
      // Only a change of what is drawn makes the library measure again.
      candles.applyOptions({ autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => widened(own(), fit) });
    },
    setDrag: dragging.set,
    setLook: (next) => {
      look = next;
      applyLook(drawn, next);
      setData(drawn, [], { next: bars.shown(), colours: next.colours });
      showMarks();
      showVerdicts();
      showLevels();
    },
    toNewest: () => {
      const { length } = bars.shown();
      chart.timeScale().setVisibleLogicalRange({ from: length - BARS_SHOWN, to: length + 6 });
    },
    toAll: () => chart.timeScale().fitContent(),
    destroy: () => {
      bars.stop();
      dragging.stop();
      chart.remove();
    },
  };
}

function draw(element: HTMLElement): Drawn {
  const chart = createChart(element, {
    autoSize: true,
    // The library's own logo brings an inline style; the page credits it in text beside the chart instead.
    layout: { attributionLogo: false, fontSize: 11, background: { type: ColorType.Solid, color: "transparent" } },
    crosshair: { mode: CrosshairMode.Normal },
    rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.18 }, borderVisible: false },
    timeScale: { timeVisible: true, secondsVisible: true, borderVisible: false, rightOffset: 6 },
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.86, bottom: 0.035 } });
  const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
  const stops = chart.addSeries(LineSeries, {
    lineType: LineType.WithSteps,
    lineWidth: 2,
    lastValueVisible: false,
    priceLineVisible: false,
    crosshairMarkerVisible: false,
    autoscaleInfoProvider: () => null,
  });
  const verdicts = chart.addSeries(HistogramSeries, {
    priceScaleId: "verdicts",
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("verdicts").applyOptions({ scaleMargins: { top: 1 - STRIP_SHARE, bottom: 0 } });
  return { chart, candles, volume, stops, verdicts, markers: createSeriesMarkers(candles, []) };
}

/** The bars' range, and these prices too; the library alone would leave a far stop out of sight. */
function widened(own: AutoscaleInfo | null, prices: readonly number[]): AutoscaleInfo | null {
  if (!own?.priceRange || prices.length === 0) return own;
  const { minValue, maxValue } = own.priceRange;
  return {
    ...own,
    priceRange: { minValue: Math.min(minValue, ...prices), maxValue: Math.max(maxValue, ...prices) },
  };
}

/** Shows what moved at most every 200 ms, and anything else at once. */
function paced(show: (shown: readonly Bar[], next: readonly Bar[]) => void) {
  let shown: readonly Bar[] = [];
  let coming = shown;
  let waits: Stop | undefined;
  const showNow = () => {
    show(shown, coming);
    shown = coming;
  };
  const showSoon = () => {
    waits = undefined;
    if (coming === shown) return;
    showNow();
    waits = after(MOVED_EVERY_MS, showSoon);
  };
  return {
    shown: () => shown,
    set: (next: readonly Bar[]) => {
      coming = next;
      if (waits && isMoved(shown, next)) return;
      showNow();
      waits ??= after(MOVED_EVERY_MS, showSoon);
    },
    stop: () => waits?.(),
  };
}

/** Whether only the last bar changed, or one came after it. */
function isMoved(shown: readonly Bar[], next: readonly Bar[]): boolean {
  const from = shown.length - 1;
  const grew = next.length - shown.length;
  return from > 0 && (grew === 0 || grew === 1) && next[from - 1] === shown[from - 1] && next[0] === shown[0];
}

interface Data {
  next: readonly Bar[];
  colours: ChartColours | undefined;
}
/** What moved is an update; anything else replaces all. */
function setData({ candles, volume }: Drawn, shown: readonly Bar[], { next, colours }: Data): void {
  const candle = (bar: Bar) => ({
    time: timeOf(bar.openTs),
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
  });
  const column = (bar: Bar) => ({
    time: timeOf(bar.openTs),
    value: bar.volume,
    color: colours && `${bar.close >= bar.open ? colours.up : colours.down}55`,
  });
  if (!isMoved(shown, next)) {
    candles.setData(next.map(candle));
    volume.setData(next.map(column));
    return;
  }
  for (const bar of next.slice(shown.length - 1)) {
    candles.update(candle(bar));
    volume.update(column(bar));
  }
}

const markerOf = (mark: Mark, colours: ChartColours): SeriesMarker<Time> => ({
  id: mark.id,
  time: timeOf(mark.openTs),
  position: mark.side === "above" ? "aboveBar" : "belowBar",
  shape: mark.shape,
  color: colours[mark.tone],
  size: mark.size,
});

const stripOf = (verdict: Verdict, colours: ChartColours) => ({
  time: timeOf(verdict.openTs),
  value: 1,
  color: verdict.opened ? colours.accent : `${colours.muted}80`,
});

const STYLES: Partial<Record<LevelLine["kind"], LineStyle>> = {
  entry: LineStyle.Solid,
  draft: LineStyle.Solid,
  rung: LineStyle.SparseDotted,
  stage: LineStyle.SparseDotted,
};

interface Levels {
  levels: readonly LevelLine[];
  colours: ChartColours;
}
function replaceLevels(lines: Map<string, IPriceLine>, candles: Drawn["candles"], { levels, colours }: Levels): void {
  const colourOf: Record<LevelLine["kind"], string> = {
    entry: colours.accent,
    stop: colours.stop,
    target: colours.target,
    order: colours.muted,
    rung: colours.stop,
    stage: colours.target,
    liquidation: colours.danger,
    draft: colours.text,
  };
  const wanted = new Set(levels.map((level) => level.id));
  for (const [id, line] of lines) {
    if (wanted.has(id)) continue;
    candles.removePriceLine(line);
    lines.delete(id);
  }
  for (const level of levels) {
    const options = {
      id: level.id,
      price: level.price,
      title: level.title,
      color: colourOf[level.kind],
      lineWidth: 1 as const,
      lineStyle: STYLES[level.kind] ?? LineStyle.Dashed,
      axisLabelVisible: level.isQuiet !== true,
    };
    const known = lines.get(level.id);
    if (known) known.applyOptions(options);
    else lines.set(level.id, candles.createPriceLine(options));
  }
}

function applyLook({ chart, candles, stops }: Drawn, { colours, locale }: ChartLook): void {
  chart.applyOptions({
    layout: { textColor: colours.text, fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
    localization: {
      locale,
      timeFormatter: (time: Time) => `${dayText(tsOf(time), locale)} ${clockText(tsOf(time), locale)}`,
    },
    timeScale: { tickMarkFormatter: (time: Time, kind: number) => tickText(tsOf(time), kind, locale) },
  });
  candles.applyOptions({
    upColor: colours.up,
    downColor: colours.down,
    wickUpColor: colours.up,
    wickDownColor: colours.down,
  });
  stops.applyOptions({ color: colours.stop });
}

/** Kinds of tick by the library: 0 to 2 are year, month and day, 3 is a minute, 4 has seconds. */
const tickText = (ts: number, kind: number, locale: string): string =>
  kind <= 2 ? dayText(ts, locale) : kind === 3 ? minuteText(ts, locale) : clockText(ts, locale);
