/** Equity over a run, from the venue's ledger: wallets, holds and margins in USDT, coins and positions at their mark. */
import { type InstrumentId, instrumentOf } from "../../shared/domain/instrument.ts";
import { type Amount, add, fromSteps, mul, sub, toNumber, zero } from "../../shared/domain/money.ts";
import { unrealised } from "../../shared/engine/futures.ts";
import type { MarketModel } from "../venue/market.ts";
import type { Venue } from "../venue/venue.ts";

const OURS = new Set(["wallet", "hold", "margin"]);

export interface EquityCurve {
  sample(): void;
  start(): Amount;
  end(): Amount;
  /** Largest fall from a peak, as a fraction of the peak. */
  drawdownMax(): number;
}

export function createEquity(venue: Venue, market: MarketModel): EquityCurve {
  let first: Amount | undefined;
  let last = zero;
  let peak = 0;
  let worst = 0;

  function markOf(instrument: InstrumentId): Amount | undefined {
    const listing = venue.exchange.state.listings.get(instrument);
    try {
      const ticks = market.mark(instrument);
      return ticks === undefined || !listing ? undefined : fromSteps(Math.round(ticks), listing.tick);
    } catch {
      // This market has no such instrument.
      return undefined;
    }
  }

  function now(): Amount {
    let total = zero;
    for (const { owner, bucket, asset, amount } of venue.ledger()) {
      if (owner === "house" || !OURS.has(bucket)) continue;
      const price = asset === "USDT" ? undefined : markOf(instrumentOf("SPOT", `${asset}USDT`));
      total = add(total, asset === "USDT" ? amount : price === undefined ? zero : mul(amount, price));
    }
    for (const position of venue.positions()) {
      const mark = markOf(position.instrument);
      if (mark !== undefined) total = add(total, unrealised(position, mark));
    }
    return total;
  }

  function sample(): void {
    last = now();
    first ??= last;
    const value = toNumber(last);
    peak = Math.max(peak, value);
    if (peak > 0) worst = Math.max(worst, (peak - value) / peak);
  }

  return {
    sample,
    start: () => first ?? zero,
    end: () => last,
    drawdownMax: () => worst,
  };
}
export const gain = (curve: EquityCurve): Amount => sub(curve.end(), curve.start());
