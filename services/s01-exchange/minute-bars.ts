/** Bars of a minute from the trades that are told, each told once as it has closed; one that lacks a trade is told by nobody. */
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Kline, MarketTrade } from "../../shared/domain/market.ts";
import { type Amount, add, dec, max, min, mul, show, zero } from "../../shared/domain/money.ts";

const MINUTE_MS = 60_000;
/** After a longer silence the next trade begins anew. */
const QUIET_MINUTES_MAX = 60;

interface Making {
  openTs: number;
  /** Of the newest trade. */
  id: number;
  /** No trade of its minute can be missing: it was joined at its beginning, and ids followed one another. */
  isWhole: boolean;
  open: Amount;
  high: Amount;
  low: Amount;
  close: Amount;
  volume: Amount;
  quoteVolume: Amount;
  trades: number;
}

/**
 * The exchange numbers the trades of an instrument one by one, so a hole shows. A bar is closed by the first trade of a
 * later minute: what trades in between is known to be nothing, and makes flat bars, as the exchange's own are.
 */
export class MinuteBars {
  private readonly making = new Map<InstrumentId, Making>();
  private readonly tell: (bar: Kline) => void;

  constructor(tell: (bar: Kline) => void) {
    this.tell = tell;
  }

  take(trade: MarketTrade): void {
    const before = this.making.get(trade.instrument);
    const id = Number(trade.trade_id);
    const openTs = Math.floor(trade.exch_ts / MINUTE_MS) * MINUTE_MS;
    // Beyond that a number and the next are not told apart.
    const follows = before !== undefined && id === before.id + 1 && Number.isSafeInteger(id);
    if (before && openTs <= before.openTs) {
      take(before, trade);
      before.isWhole &&= follows && openTs === before.openTs;
      before.id = id;
      return;
    }
    if (before && follows) this.close(before, openTs, trade);
    const begun = startOf(openTs, dec(trade.price), { id, isWhole: follows });
    take(begun, trade);
    this.making.set(trade.instrument, begun);
  }

  /** What is over by `until`, the beginning of the minute of `trade`. */
  private close(bar: Making, until: number, trade: MarketTrade): void {
    if (bar.isWhole) this.tell(barOf(bar, trade));
    if (until - bar.openTs > QUIET_MINUTES_MAX * MINUTE_MS) return;
    for (let openTs = bar.openTs + MINUTE_MS; openTs < until; openTs += MINUTE_MS) {
      this.tell(barOf(startOf(openTs, bar.close, { id: bar.id, isWhole: true }), trade));
    }
  }
}

const startOf = (openTs: number, at: Amount, { id, isWhole }: Pick<Making, "id" | "isWhole">): Making => ({
  ...{ openTs, id, isWhole, open: at, high: at, low: at, close: at },
  ...{ volume: zero, quoteVolume: zero, trades: 0 },
});

function take(bar: Making, trade: MarketTrade): void {
  const [price, qty] = [dec(trade.price), dec(trade.qty)];
  bar.high = max(bar.high, price);
  bar.low = min(bar.low, price);
  bar.close = price;
  bar.volume = add(bar.volume, qty);
  bar.quoteVolume = add(bar.quoteVolume, mul(price, qty));
  bar.trades++;
}

function barOf(bar: Making, { instrument, ts }: MarketTrade): Kline {
  const { openTs, trades } = bar;
  const end = openTs + MINUTE_MS;
  return {
    timeframe: "1m",
    ...{ instrument, exch_ts: end, ts, open_ts: openTs, close_ts: end - 1 },
    ...{ open: show(bar.open), high: show(bar.high), low: show(bar.low), close: show(bar.close) },
    ...{ volume: show(bar.volume), quote_volume: show(bar.quoteVolume), trades, closed: true },
  };
}
