/** What one instrument's trades and the passing of time make: bars, their frames, and the mark price of futures. */
import type { RecordedMatcher } from "../../shared/engine/recorded.ts";
import { klineFrame, markFrame, type Print, type PrintedMark, type PrintedTrade } from "./frames.ts";
import { Klines } from "./klines.ts";
import type { MarketHooks } from "./market.ts";

/** Binance sends klines of futures every 250 ms and of spot every second or two, and marks every second. */
export const TAPE_PERIOD_MS = 250;
const FUNDING_PERIOD_MS = 8 * 3_600_000;
const SECOND = 1000;

export const nextFundingAt = (now: number): number => (Math.floor(now / FUNDING_PERIOD_MS) + 1) * FUNDING_PERIOD_MS;

export type Mark = PrintedMark;

/** Ticks: the mark price as it was told, else the mid of the recorded book; nothing while there is neither. */
export function markOf({ mark, matcher }: { mark: Mark | undefined; matcher: RecordedMatcher }): number | undefined {
  if (mark !== undefined) return mark.ticks;
  const best = matcher.best();
  return best && (best.bidTicks + best.askTicks) / 2;
}

export class Tape {
  readonly klines: Klines;
  private readonly print: Print;
  private hooks: MarketHooks | undefined;
  private now = 0;

  constructor(print: Print) {
    this.print = print;
    this.klines = new Klines((timeframe, bar) => {
      if (this.wants(`kline_${timeframe}`)) this.kline({ timeframe, bar, closed: true });
    });
  }

  start(hooks: MarketHooks): void {
    this.hooks = hooks;
  }

  trade(at: number, trade: PrintedTrade): void {
    this.now = Math.max(this.now, Math.floor(at));
    this.klines.add({ ts: at, ...trade });
  }

  /**
   * Every `TAPE_PERIOD_MS`: frames of the open bars that changed, of bars that ended by `closedBy` and, on whole
   * seconds, of the mark price.
   */
  beat(now: number, closedBy: number, mark: PrintedMark | undefined): void {
    this.now = Math.max(this.now, Math.floor(now));
    const onSecond = Math.round(now / TAPE_PERIOD_MS) % (SECOND / TAPE_PERIOD_MS) === 0;
    this.klines.advance(closedBy);
    if (onSecond || this.print.market === "FUT") {
      this.klines.takeChanged((timeframe, bar) => {
        if (this.wants(`kline_${timeframe}`)) this.kline({ timeframe, bar, closed: false });
      });
    }
    if (onSecond && mark !== undefined && this.wants("markPrice")) {
      this.hooks?.frame(this.print.instrument, "markPrice", markFrame(this.print, this.now, mark), this.now);
    }
  }

  private kline(of: Parameters<typeof klineFrame>[2]): void {
    this.hooks?.frame(this.print.instrument, `kline_${of.timeframe}`, klineFrame(this.print, this.now, of), this.now);
  }

  private wants(stream: Parameters<MarketHooks["frame"]>[1]): boolean {
    return this.hooks !== undefined && (this.hooks.wants?.(this.print.instrument, stream) ?? true);
  }
}
