/** What the account is worth over time: points of its curve, and what the guards know of it. */

import { DEFAULT_ACCOUNT, type InstrumentId } from "../domain/instrument.ts";
import { type Amount, add, dec, max, mul, show, zero } from "../domain/money.ts";
import type { AccountTally } from "../trading/decision/account-tally.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";
import type { ExchangeSide } from "./exchange-side.ts";
import type { AskedPosition } from "./position-desk.ts";
import type { Timeline } from "./timeline.ts";

/** How often the position manager writes equity down, and the strategy engine reads it. */
const WRITE_EVERY_MS = 60_000;
const READ_EVERY_MS = 30_000;

interface Parts {
  readonly side: ExchangeSide;
  readonly tally: AccountTally;
  readonly timeline: Timeline;
  readonly sampleMs: number;
  /** The curve begins here. */
  readonly from: number;
  /** The newest best bid that was heard. */
  bid(instrument: InstrumentId): string | undefined;
}

export interface Measured {
  readonly positions: AskedPosition[];
  readonly assets: ReadonlyMap<string, Amount>;
  readonly gained: Amount;
}

export class Worth {
  readonly points: EquityPoint[] = [];
  latest = "0";
  funding: Amount = zero;
  private readonly parts: Parts;
  private measured: Amount | undefined;
  private written: Amount | undefined;
  private peak: Amount = zero;

  constructor(parts: Parts) {
    this.parts = parts;
    const { timeline, sampleMs, from } = parts;
    timeline.at(from, () => {
      this.sample();
      timeline.every(sampleMs, () => this.sample());
    });
    timeline.every(READ_EVERY_MS, () => {
      if (this.written !== undefined) parts.tally.equity = { now_usdt: this.written, peak_usdt: this.peak };
    });
    timeline.every(WRITE_EVERY_MS, () => {
      if (this.measured === undefined) return;
      this.written = this.measured;
      this.peak = max(this.peak, this.measured);
    });
  }

  sample(): void {
    const { side, timeline } = this.parts;
    const ts = timeline.now();
    this.fillUp(ts);
    this.latest = side.worthText();
    if (this.points.at(-1)?.ts === ts) this.points.pop();
    this.points.push({ ts, equity_usdt: this.latest });
  }

  /** While nothing happened nobody sampled, and nothing changed. */
  private fillUp(ts: number): void {
    const { sampleMs } = this.parts;
    const last = this.points.at(-1);
    if (last === undefined) return;
    const first = (Math.floor(last.ts / sampleMs) + 1) * sampleMs;
    for (let at = first; at < ts; at += sampleMs) this.points.push({ ts: at, equity_usdt: this.latest });
  }

  /** At the exchange: what it holds. */
  measure(): Measured {
    const { side } = this.parts;
    const { state } = side.exchange;
    const held = [...state.futures.of(DEFAULT_ACCOUNT)].filter(({ qty }) => qty !== zero);
    const positions = held.flatMap(({ instrument }): AskedPosition[] => {
      const mark = side.reference(instrument);
      const liquidation = side.liquidationOf(instrument);
      if (mark === undefined) return [];
      const known = liquidation === undefined ? {} : { liquidation_price: show(liquidation) };
      return [{ instrument, mark_price: show(mark), ...known }];
    });
    return { positions, ...side.holdings((who) => side.reference(side.instrumentOf(who))) };
  }

  /** It stays what it was while a coin of the wallet has no price yet. */
  note({ assets, gained }: Measured): void {
    let total = gained;
    for (const [asset, qty] of assets) {
      const bid = asset === "USDT" ? "1" : this.parts.bid(`SPOT:${asset}USDT`);
      if (bid === undefined) return;
      total = add(total, mul(qty, dec(bid)));
    }
    this.measured = total;
  }

  funded(amount_usdt: string): void {
    this.funding = add(this.funding, dec(amount_usdt));
  }
}
