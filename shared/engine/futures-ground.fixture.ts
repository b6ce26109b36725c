/** A futures exchange in memory for tests: funded accounts, orders as short texts, marks that set off what follows. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, dec, show, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { type PlaceAlgo, placeAlgo, triggerAlgos } from "./algos.ts";
import { type PlaceOrder, Refusal } from "./checks.ts";
import { Exchange } from "./exchange.ts";
import type { Batch, PositionSide } from "./facts.ts";
import { liquidate } from "./liquidation.ts";
import { defaultListings } from "./listing.ts";
import type { Matcher } from "./matcher.ts";
import { LimitOrderMatcher } from "./matching.ts";
import { setLeverage, setMarginType } from "./settings.ts";
import type { VenueAlgo, VenueOrder } from "./state.ts";

export const BTC: InstrumentId = "FUT:BTCUSDT";
export const ETH: InstrumentId = "FUT:ETHUSDT";
export const AT = 1_700_000_000_000;

export class FuturesGround {
  readonly batches: Batch[] = [];
  readonly exchange: Exchange;
  now = AT;
  private ids = 0;

  /** USDT by account; the fund begins with nothing. */
  constructor(deposits: Readonly<Record<string, string>>) {
    const listings = defaultListings();
    const books = new Map<string, Matcher>(listings.map((each) => [each.instrument, new LimitOrderMatcher()]));
    this.exchange = new Exchange({
      listings,
      matcher: (instrument) => books.get(instrument) as Matcher,
      write: (batch) => this.batches.push(batch),
      heard: () => {},
      flush: () => {},
    });
    for (const [account, qty] of Object.entries(deposits)) {
      this.run(() => this.exchange.move(account, "FUT", { asset: "USDT", qty: dec(qty), why: "deposit" }));
    }
  }

  get state() {
    return this.exchange.state;
  }

  run<T>(work: () => T): T {
    this.now += 1;
    return this.exchange.run(this.now, work);
  }

  id(): string {
    this.ids += 1;
    return `c${this.ids}`;
  }

  /** `BUY 0.1 60000` or `SELL 0.1 MARKET`, then `LONG` or `SHORT` in hedge mode. */
  order(account: string, text: string, more: Partial<PlaceOrder> = {}): VenueOrder {
    const [side, qty, price, position_side] = text.split(" ") as [Side, string, string, "LONG" | "SHORT" | undefined];
    const isMarket = price === "MARKET";
    return this.run(() =>
      this.exchange.place({
        ...{ account, instrument: BTC, client_id: this.id(), side, tif: "GTC", qty: dec(qty) },
        type: isMarket ? "MARKET" : "LIMIT",
        price: isMarket ? zero : dec(price),
        ...(position_side === undefined ? {} : { position_side }),
        ...more,
      }),
    );
  }

  algo(account: string, asked: Partial<PlaceAlgo> & Pick<PlaceAlgo, "type" | "side">, price?: string): VenueAlgo {
    return this.run(() =>
      placeAlgo(
        this.exchange,
        {
          ...{ account, instrument: BTC, client_id: this.id(), trigger_price: zero, working_type: "MARK_PRICE" },
          ...{ qty: zero, reduce_only: false, close_position: false, price_protect: false },
          ...asked,
        },
        price === undefined ? undefined : dec(price),
      ),
    );
  }

  /** The mark moves: triggers, then liquidation. */
  mark(price: string, instrument = BTC): void {
    this.run(() => {
      this.exchange.setMark(instrument, dec(price));
      triggerAlgos(this.exchange, { instrument, working: "MARK_PRICE", price: dec(price) });
      liquidate(this.exchange, instrument, dec(price));
    });
  }

  isolate(account: string, leverage: number, instrument = BTC): void {
    this.run(() => {
      setMarginType(this.exchange, { account, instrument }, "ISOLATED");
      setLeverage(this.exchange, { account, instrument }, leverage);
    });
  }

  held(account: string, side: PositionSide = "BOTH", instrument = BTC): string {
    return show(this.state.position(account, instrument, side).qty);
  }

  wallet(account: string): string {
    return show(this.state.free(account, "FUT", "USDT"));
  }

  fund(): Amount {
    return this.state.ledger.balance("house", "insurance", "USDT");
  }
}

/** Why the exchange refused; "taken" when it did not. */
export function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }
  return "taken";
}
