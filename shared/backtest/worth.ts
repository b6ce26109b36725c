/** What the account is worth over time: points of its curve, and what the guards know of it. */

import { DEFAULT_ACCOUNT } from "../domain/instrument.ts";
import { type Amount, add, dec, max, show, zero } from "../domain/money.ts";
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
    const { timeline, sampleMs } = parts;
    this.sample();
    timeline.every(sampleMs, () => this.sample());
    timeline.every(WRITE_EVERY_MS, () => {
      if (this.measured === undefined) return;
      this.written = this.measured;
      this.peak = max(this.peak, this.measured);
    });
    timeline.every(READ_EVERY_MS, () => {
      if (this.written !== undefined) parts.tally.equity = { now_usdt: this.written, peak_usdt: this.peak };
    });
  }

  sample(): void {
    const { side, timeline } = this.parts;
    const ts = timeline.now();
    this.latest = side.worthText();
    if (this.points.at(-1)?.ts === ts) this.points.pop();
    this.points.push({ ts, equity_usdt: this.latest });
  }

  /** At the exchange: what it holds and what that is worth. */
  measure(): { positions: AskedPosition[]; equity: Amount } {
    const { side } = this.parts;
    const positions: AskedPosition[] = [];
    for (const { instrument, qty } of side.exchange.state.futures.of(DEFAULT_ACCOUNT)) {
      const mark = qty === zero ? undefined : side.reference(instrument);
      if (mark === undefined) continue;
      const liquidation = side.liquidationOf(instrument);
      positions.push({
        ...{ instrument, mark_price: show(mark) },
        ...(liquidation === undefined ? {} : { liquidation_price: show(liquidation) }),
      });
    }
    return { positions, equity: side.worth() };
  }

  note(equity: Amount): void {
    this.measured = equity;
  }

  funded(amount_usdt: string): void {
    this.funding = add(this.funding, dec(amount_usdt));
  }
}
