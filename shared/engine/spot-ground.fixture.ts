/** An exchange with spot books of a chosen kind and funded accounts, and short ways to command it, for tests. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, dec, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { type PlaceOrder, Refusal } from "./checks.ts";
import { Exchange } from "./exchange.ts";
import type { Batch, MatchType } from "./facts.ts";
import { FastBook } from "./fast-book.ts";
import { defaultListings, type Listing } from "./listing.ts";
import { LimitOrderMatcher } from "./matching.ts";
import type { OrderBook } from "./order-book.ts";
import { canonical, type ExchangeState, type VenueList, type VenueOrder } from "./state.ts";
import { type Leg, placeWaiting } from "./stops.ts";

export const BTC: InstrumentId = "SPOT:BTCUSDT";
const AT = 1_700_000_000_000;
const BITCOIN = defaultListings().find(({ instrument }) => instrument === BTC) as Listing;
/** BTC and BNB against USDT. */
export const SPOT_LISTINGS: readonly Listing[] = [
  BITCOIN,
  { ...BITCOIN, instrument: "SPOT:BNBUSDT", symbol: "BNBUSDT", base: "BNB" },
];

/** `LIMIT 0.5 @ 60000`, `STOP_LOSS 0.5 > 59000`: type, quantity, limit price and stop price as far as it has them. */
export function leg(clientId: string, text: string, more: Partial<Leg> = {}): Leg & { qty: Amount } {
  const [type = "", qty = "0", ...rest] = text.split(" ");
  const after = (sign: string): Amount | undefined => {
    const at = rest.indexOf(sign);
    return at < 0 ? undefined : dec(rest[at + 1] as string);
  };
  const price = after("@") ?? zero;
  const tif = "GTC" as const;
  return { client_id: clientId, type: type as MatchType, qty: dec(qty), price, stop_price: after(">"), tif, ...more };
}

export class Ground {
  readonly books = new Map<InstrumentId, OrderBook>();
  readonly batches: Batch[] = [];
  readonly exchange: Exchange;
  /** What fees in BNB and new stops go by. */
  readonly last = new Map<InstrumentId, Amount>();
  private ids = 0;

  constructor(deposits: Record<string, Record<string, string>>, make: () => OrderBook = () => new FastBook()) {
    const matchers = new Map(
      SPOT_LISTINGS.map(({ instrument }) => {
        this.books.set(instrument, make());
        return [instrument, new LimitOrderMatcher(this.books.get(instrument))];
      }),
    );
    this.exchange = new Exchange({
      listings: SPOT_LISTINGS,
      matcher: (instrument) => matchers.get(instrument) as LimitOrderMatcher,
      write: (batch) => this.batches.push(batch),
      lastPrice: (instrument) => this.last.get(instrument),
      heard: () => {},
      flush: () => {},
    });
    this.run(() => {
      for (const [account, balances] of Object.entries(deposits)) {
        for (const [asset, qty] of Object.entries(balances)) {
          this.exchange.move(account, "SPOT", { asset, qty: dec(qty), why: "deposit" });
        }
      }
    });
  }

  get state(): ExchangeState {
    return this.exchange.state;
  }

  nextId(): string {
    return `c${++this.ids}`;
  }

  run<T>(work: () => T): T {
    return this.exchange.run(AT + this.batches.length, work);
  }

  /** `SELL LIMIT 0.5 @ 60000`, `BUY MARKET 1`, `SELL STOP_LOSS 1 > 59000`. */
  order(account: string, text: string, more: Partial<PlaceOrder> & Partial<Leg> = {}): VenueOrder {
    const [side = "", ...rest] = text.split(" ");
    const asked = leg(this.nextId(), rest.join(" "), more as Partial<Leg>);
    const order = { account, instrument: BTC, side: side as Side, ...asked };
    if (asked.stop_price !== undefined || asked.trailing_delta !== undefined) {
      return this.run(() => placeWaiting(this.exchange, order, this.last.get(BTC)));
    }
    const { stop_price: _, trailing_delta: __, ...plain } = order;
    return this.run(() => this.exchange.place({ ...plain, ...more } as PlaceOrder));
  }

  free(account: string, asset: string): Amount {
    return this.state.free(account, "SPOT", asset);
  }

  held(account: string, asset: string): Amount {
    return this.state.ledger.total(`${account}:SPOT`, "hold", asset);
  }

  orders(list: VenueList): VenueOrder[] {
    return list.order_ids.map((id) => this.state.orders.get(id) as VenueOrder);
  }
}

/** Why a command is refused, or `taken`. */
export function whyRefused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }
  return "taken";
}

export const stateText = (state: ExchangeState): string =>
  JSON.stringify(canonical(state), (_, value) => (typeof value === "bigint" ? value.toString() : value));
