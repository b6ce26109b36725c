/** The premium of a perpetual over its index through a funding interval, and the rate that follows from it. */
import { dec, toNumber } from "../../shared/domain/money.ts";
import { fundingRate } from "../../shared/engine/funding.ts";

/** Finer than a rate is printed. */
const PREMIUM_DIGITS = 10;

export class Premium {
  private interval = 0;
  private count = 0;
  private weighted = 0;

  /**
   * A premium such as 0.0003, once a second, of the interval that ends at `nextAt`. The nth of an interval counts n
   * times, as in Binance's average premium index.
   */
  add(nextAt: number, premium: number): void {
    if (nextAt !== this.interval) {
      this.interval = nextAt;
      this.count = 0;
      this.weighted = 0;
    }
    this.count += 1;
    this.weighted += this.count * premium;
  }

  /** What the interval costs as it stands. */
  rate(): number {
    const weights = (this.count * (this.count + 1)) / 2;
    const average = weights === 0 ? 0 : this.weighted / weights;
    return toNumber(fundingRate(dec(average.toFixed(PREMIUM_DIGITS))));
  }
}
