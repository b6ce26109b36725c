/** What spot holdings cost, by weighted average, and what each sale and each fee paid in coins made of them. */
import { type InstrumentId, marketOf, symbolOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, div, min, mul, sub, zero } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";

/** Of one asset; the average cost is `cost / qty`. Money is USDT. */
export interface Lot {
  readonly qty: Amount;
  readonly cost: Amount;
}
export interface CostBasis {
  readonly lots: ReadonlyMap<string, Lot>;
  /** Of all disposals since the beginning, net of fees. */
  readonly realised: Amount;
}
export const NO_HOLDINGS: CostBasis = { lots: new Map(), realised: zero };

export type SpotFill = Pick<
  Fill,
  "fill_id" | "instrument" | "side" | "price" | "qty" | "fee" | "fee_asset" | "fee_usdt" | "ts"
>;

/**
 * What left the holdings: sold; paid as a fee, which is a sale at what the fee was worth; or nothing but the fee of a
 * purchase. `gain = proceeds − cost − fee`.
 */
export interface Disposal {
  readonly kind: "SALE" | "FEE" | "PURCHASE_FEE";
  readonly asset: string;
  readonly qty: Amount;
  readonly proceeds: Amount;
  readonly cost: Amount;
  readonly fee: Amount;
  readonly gain: Amount;
  /** The part of `qty` that was never bought here: its cost is not known, and counts as what it brought. */
  readonly strange: Amount;
  readonly instrument: InstrumentId;
  readonly fill_id: string;
  readonly ts: number;
}

const QUOTE = "USDT";

/** The coin of a spot instrument that is quoted in USDT; others have no cost in USDT that fills tell. */
export function coinOf(instrument: InstrumentId): string | undefined {
  const symbol = symbolOf(instrument);
  const isPriced = marketOf(instrument) === "SPOT" && symbol.endsWith(QUOTE) && symbol.length > QUOTE.length;
  return isPriced ? symbol.slice(0, -QUOTE.length) : undefined;
}

/**
 * The holdings after one fill, and what left them by it. A purchase adds what arrives, net of a fee in the coin itself,
 * at what was paid for all of it; a sale makes `(sell − WAC)·qty − fees` and leaves the average as it is. Fills go in
 * the order of their time.
 */
export function applySpotFill(basis: CostBasis, fill: SpotFill): { basis: CostBasis; disposals: readonly Disposal[] } {
  const coin = coinOf(fill.instrument);
  if (coin === undefined) return { basis, disposals: [] };
  const book = new Book(basis, fill);
  const isBuy = fill.side === "BUY";
  const isInCoin = fill.fee_asset === coin;
  const qty = dec(fill.qty);
  const value = mul(qty, dec(fill.price));
  // A fee in the coin that was bought is in the average already.
  const fee = isBuy && isInCoin ? zero : dec(fill.fee_usdt);
  if (isBuy) {
    book.put(coin, isInCoin ? sub(qty, dec(fill.fee)) : qty, value);
    if (fee > zero) book.note("PURCHASE_FEE", coin, { fee });
  } else {
    book.take("SALE", coin, { qty, proceeds: value, fee });
  }
  const isPaidInCoins = fill.fee_asset !== QUOTE && dec(fill.fee) > zero && !(isBuy && isInCoin);
  if (isPaidInCoins) book.take("FEE", fill.fee_asset, { qty: dec(fill.fee), proceeds: dec(fill.fee_usdt) });
  return book.result();
}

/** One fill being booked. */
class Book {
  private readonly fill: SpotFill;
  private readonly lots: Map<string, Lot>;
  private readonly disposals: Disposal[] = [];
  private realised: Amount;

  constructor({ lots, realised }: CostBasis, fill: SpotFill) {
    this.fill = fill;
    this.lots = new Map(lots);
    this.realised = realised;
  }

  result(): { basis: CostBasis; disposals: readonly Disposal[] } {
    return { basis: { lots: this.lots, realised: this.realised }, disposals: this.disposals };
  }

  put(asset: string, qty: Amount, cost: Amount): void {
    const lot = this.lot(asset);
    this.lots.set(asset, { qty: add(lot.qty, qty), cost: add(lot.cost, cost) });
  }

  take(kind: Disposal["kind"], asset: string, sold: { qty: Amount; proceeds: Amount; fee?: Amount }): void {
    const lot = this.lot(asset);
    const known = min(sold.qty, lot.qty);
    const left = sub(lot.qty, known);
    const costOfKnown = shareOf(lot.cost, known, lot.qty);
    if (left === zero) this.lots.delete(asset);
    else this.lots.set(asset, { qty: left, cost: sub(lot.cost, costOfKnown) });
    const strange = sub(sold.qty, known);
    const cost = add(costOfKnown, shareOf(sold.proceeds, strange, sold.qty));
    this.note(kind, asset, { ...sold, cost, strange });
  }

  note(
    kind: Disposal["kind"],
    asset: string,
    { qty = zero, proceeds = zero, cost = zero, fee = zero, strange = zero }: Partial<Disposal>,
  ): void {
    const gain = sub(sub(proceeds, cost), fee);
    this.realised = add(this.realised, gain);
    const { instrument, fill_id, ts } = this.fill;
    this.disposals.push({ kind, asset, qty, proceeds, cost, fee, gain, strange, instrument, fill_id, ts });
  }

  private lot(asset: string): Lot {
    return this.lots.get(asset) ?? { qty: zero, cost: zero };
  }
}

/** `total · part / whole`; all of it where the part is the whole, so that no digit stays behind. */
const shareOf = (total: Amount, part: Amount, whole: Amount): Amount =>
  part === zero || total === zero ? zero : part === whole ? total : div(mul(total, part), whole, "nearest");

/** Cost per unit. */
export const averageCost = ({ qty, cost }: Lot): Amount => (qty === zero ? zero : div(cost, qty, "nearest"));

/** In the order in which they count: by time, then by the exchange's own numbering. */
export function bySpotTime(a: SpotFill, b: SpotFill): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  const [one, other] = [a.fill_id.padStart(24, "0"), b.fill_id.padStart(24, "0")];
  return one < other ? -1 : one > other ? 1 : 0;
}
