/** The exchange's one-minute bars and funding rates, asked of S1 in blocks and remembered for those who ask next. */
import type { exchange, FundingRate } from "./contracts.ts";
import type { InstrumentId } from "./domain/instrument.ts";
import { asProblem } from "./errors.ts";
import type { Clock } from "./kit/ports.ts";
import type { Client } from "./kit/service.ts";
import { MINUTE_MS, type MinuteBar, minutesWithin } from "./trading/labels/price-path.ts";

/** Within what S1 answers at once. */
const BLOCK_MINUTES = 720;
const BLOCK_MS = BLOCK_MINUTES * MINUTE_MS;
const BLOCKS_MAX = 64;
/** A block that is not whole is asked for again after so long. */
const PART_MS = 60_000;
const ASK_MS_MAX = 10_000;

interface Block<T> {
  readonly rows: readonly T[];
  readonly isWhole: boolean;
  readonly asked_at: number;
}

export interface PricePorts {
  readonly exchange: Pick<Client<typeof exchange>, "getHistory" | "getFundingRates">;
  readonly clock: Clock;
}

/** Throws Problem with a status of 500 and more, or RATE_LIMITED, where S1 or the exchange cannot be asked now. */
export class Prices {
  private readonly ports: PricePorts;
  private readonly bars = new Map<string, Block<MinuteBar>>();
  private readonly rates = new Map<string, Block<FundingRate>>();

  constructor(ports: PricePorts) {
    this.ports = ports;
  }

  /** The closed minutes wholly within the span, oldest first; what the exchange does not have is missing. */
  async minutes(instrument: InstrumentId, { from, to }: { from: number; to: number }): Promise<MinuteBar[]> {
    const { first, last } = minutesWithin(from, to);
    const found: MinuteBar[] = [];
    for (let at = startOf(first); at <= last; at += BLOCK_MS) {
      const { rows } = await this.kept(this.bars, [instrument, at], (start) => this.askBars(instrument, start));
      found.push(...rows.filter(({ open_ts }) => open_ts >= first && open_ts <= last));
    }
    return found;
  }

  /** What funding was at each of its times after `from` and up to `to`. */
  async funding(instrument: InstrumentId, { from, to }: { from: number; to: number }): Promise<FundingRate[]> {
    const found: FundingRate[] = [];
    for (let at = startOf(from); at <= to; at += BLOCK_MS) {
      const { rows } = await this.kept(this.rates, [instrument, at], (start) => this.askRates(instrument, start));
      found.push(...rows.filter(({ ts }) => ts > from && ts <= to));
    }
    return found;
  }

  private async kept<T>(
    blocks: Map<string, Block<T>>,
    [instrument, start]: [InstrumentId, number],
    ask: (start: number) => Promise<Block<T>>,
  ): Promise<Block<T>> {
    const key = `${instrument}/${start}`;
    const known = blocks.get(key);
    const isFresh = known && (known.isWhole || this.ports.clock.now() - known.asked_at < PART_MS);
    const block = isFresh ? known : await ask(start);
    blocks.delete(key);
    blocks.set(key, block);
    for (const oldest of blocks.keys()) {
      if (blocks.size <= BLOCKS_MAX) break;
      blocks.delete(oldest);
    }
    return block;
  }

  private async askBars(instrument: InstrumentId, start: number): Promise<Block<MinuteBar>> {
    const asked_at = this.ports.clock.now();
    const ask = { instrument, timeframe: "1m", from_ts: start, to_ts: start + BLOCK_MS - 1, limit: BLOCK_MINUTES };
    const told = await this.ports.exchange
      .getHistory({ ...ask, timeframe: "1m" }, { timeoutMs: ASK_MS_MAX })
      .catch(unlessUnknown({ bars: [] }));
    const rows = told.bars
      .filter((bar) => bar.closed && bar.timeframe === "1m")
      .map(({ open_ts, open, high, low, close }) => ({ open_ts, open, high, low, close }))
      .toSorted((a, b) => a.open_ts - b.open_ts);
    return { rows, isWhole: rows.length === BLOCK_MINUTES, asked_at };
  }

  private async askRates(instrument: InstrumentId, start: number): Promise<Block<FundingRate>> {
    const asked_at = this.ports.clock.now();
    const to_ts = start + BLOCK_MS - 1;
    const { rates } = await this.ports.exchange.getFundingRates(
      { instrument, from_ts: start, to_ts },
      { timeoutMs: ASK_MS_MAX },
    );
    const rows = rates.toSorted((a, b) => a.ts - b.ts);
    // A rate is told a moment after its time.
    return { rows, isWhole: asked_at > to_ts + PART_MS, asked_at };
  }
}

const startOf = (ts: number): number => Math.floor(ts / BLOCK_MS) * BLOCK_MS;

/** What the exchange does not know or keep is a gap; what cannot be asked just now is not. */
const unlessUnknown =
  <T>(instead: T) =>
  (error: unknown): T => {
    const problem = asProblem(error);
    if (problem.status >= 500 || problem.code === "RATE_LIMITED") throw error;
    return instead;
  };
