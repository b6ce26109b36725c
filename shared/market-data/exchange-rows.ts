/** Bars and funding of the past as the exchange tells them, through S1, in the library's columns. */
import type { z } from "@hono/zod-openapi";
import type { FundingRate, History, HistoryAnswer } from "../contracts.ts";
import type { InstrumentId } from "../domain/instrument.ts";
import { type Kline, TIMEFRAME_MS } from "../domain/market.ts";
import type { BarRows } from "./bar-lanes.ts";
import { FUNDING_PERIOD_MS } from "./funding-moments.ts";
import type { RowBatch } from "./read.ts";
import type { TapeTerms } from "./tape-terms.ts";

/** S1's methods of these names. */
export interface PastPorts {
  getHistory?(
    request: z.input<typeof History>,
    options: { timeoutMs: number },
  ): Promise<z.output<typeof HistoryAnswer>>;
  /** Without it funding counts as zero. */
  getFundingRates?(
    request: { instrument: InstrumentId; from_ts: number; to_ts: number },
    options: { timeoutMs: number },
  ): Promise<{ rates: readonly FundingRate[] }>;
}

const BARS_MAX = 1_000;
const RATES_MAX = 1_000;
const ASK_MS_MAX = 10_000;

export function exchangeBars(terms: TapeTerms, ports: Required<Pick<PastPorts, "getHistory">> & PastPorts): BarRows[] {
  return terms.listings.map(({ instrument, market }) => ({
    bars: askedBars(terms, instrument, ports.getHistory),
    ...(market === "FUT" && ports.getFundingRates && { funding: askedRates(terms, instrument, ports.getFundingRates) }),
  }));
}

/** A bar of another instrument or timeframe stays as a row without a time, for whoever tells what is wrong. */
async function* askedBars(
  { timeframe, from, to }: TapeTerms,
  instrument: InstrumentId,
  getHistory: NonNullable<PastPorts["getHistory"]>,
): AsyncGenerator<RowBatch> {
  const ms = TIMEFRAME_MS[timeframe];
  const source = `${instrument} bars of ${timeframe} from the exchange`;
  let from_ts = Math.ceil(from / ms) * ms;
  let count = BARS_MAX;
  for (let line = 1; from_ts < to; ) {
    const next = from_ts + count * ms;
    const to_ts = Math.min(next, to) - 1;
    const { bars } = await getHistory(
      { instrument, timeframe, from_ts, to_ts, limit: BARS_MAX },
      { timeoutMs: ASK_MS_MAX },
    );
    // Exchanges differ in which of too many bars they tell.
    if (count > BARS_MAX && bars.length >= BARS_MAX) {
      count /= 2;
      continue;
    }
    const rows = bars.filter(({ closed }) => closed).map((bar) => cellsOf(bar, { instrument, timeframe }));
    if (rows.length > 0) yield { source, line, rows };
    line += rows.length;
    from_ts = next;
    // A time without bars, as before a listing, is crossed in ever longer steps.
    count = bars.length === 0 ? 2 * count : BARS_MAX;
  }
}

function cellsOf(bar: Kline, wanted: Pick<Kline, "instrument" | "timeframe">): string[] {
  if (bar.instrument !== wanted.instrument || bar.timeframe !== wanted.timeframe) {
    return [`${bar.instrument} ${bar.timeframe}`];
  }
  const { open, high, low, close, volume, quote_volume } = bar;
  return [String(bar.open_ts), open, high, low, close, volume, quote_volume, String(bar.trades)];
}

async function* askedRates(
  { from, to }: TapeTerms,
  instrument: InstrumentId,
  getFundingRates: NonNullable<PastPorts["getFundingRates"]>,
): AsyncGenerator<RowBatch> {
  const source = `${instrument} funding from the exchange`;
  let from_ts = from - 2 * FUNDING_PERIOD_MS;
  for (let line = 1; from_ts < to; ) {
    const { rates } = await getFundingRates({ instrument, from_ts, to_ts: to - 1 }, { timeoutMs: ASK_MS_MAX });
    if (rates.length > 0) yield { source, line, rows: rates.map(({ ts, rate }) => [String(ts), rate]) };
    line += rates.length;
    if (rates.length < RATES_MAX) return;
    from_ts = rates.at(-1)!.ts + 1;
  }
}
