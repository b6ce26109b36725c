/** An instrument's ticks and lots as numbers, as text and as the order path's filters: each exactly what the text says. */
import type { Instrument, InstrumentId } from "../domain/instrument.ts";
import { show, showFixed, stepDigits, toSteps } from "../domain/money.ts";
import type { Listing } from "../engine/listing.ts";
import { Scale } from "../engine/scale.ts";

const HUNDRED = 100;
/** Binance prints the steps of spot with eight decimals. */
const SPOT_DIGITS = 8;

/** Steps of `digits` decimals as floats: `units / 10^digits` is the float nearest to the decimal text. */
class Steps {
  readonly scale: Scale;
  private readonly units: number;
  private readonly divisor: number;

  constructor(step: Listing["tick"]) {
    const digits = stepDigits(step);
    this.scale = new Scale(show(step), digits);
    this.divisor = 10 ** digits;
    this.units = toSteps(step, (10n ** BigInt(18 - digits)) as Listing["tick"]);
  }

  number(steps: number): number {
    return (steps * this.units) / this.divisor;
  }

  /** Of so many hundredths of a step. */
  hundredths(parts: number): number {
    return (parts * this.units) / (this.divisor * HUNDRED);
  }
}

export class Units {
  readonly listing: Listing;
  readonly instrument: InstrumentId;
  private readonly ticks: Steps;
  private readonly lots: Steps;

  constructor(listing: Listing) {
    this.listing = listing;
    this.instrument = listing.instrument;
    this.ticks = new Steps(listing.tick);
    this.lots = new Steps(listing.step);
  }

  price(ticks: number): number {
    return this.ticks.number(ticks);
  }

  qty(lots: number): number {
    return this.lots.number(lots);
  }

  priceText(ticks: number): string {
    return this.ticks.scale.show(ticks);
  }

  qtyText(lots: number): string {
    return this.lots.scale.show(lots);
  }

  /** A price between two ticks, to a hundredth of a tick, as marks are told. */
  between(ticks: number): number {
    return this.ticks.hundredths(Math.round(ticks * HUNDRED));
  }

  /** As the exchange lists it to its clients. */
  filters(): Instrument {
    const { instrument, market, symbol, base, quote, tick, step, min_qty, max_qty, min_notional } = this.listing;
    return {
      ...{ instrument, market, symbol, base, quote, status: "TRADING", updated_at: 0 },
      tick_size: market === "SPOT" ? showFixed(tick, SPOT_DIGITS) : show(tick),
      step_size: market === "SPOT" ? showFixed(step, SPOT_DIGITS) : show(step),
      min_qty: show(min_qty),
      max_qty: show(max_qty),
      min_notional: show(min_notional),
      price_up: show(this.listing.price_up),
      price_down: show(this.listing.price_down),
    };
  }
}
