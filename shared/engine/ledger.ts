/** A double-entry ledger in exact decimals: every posting set sums to zero per asset, so nothing is created or lost. */
import { type Amount, add, sub, zero } from "../domain/money.ts";

/** `wallet` is free, `hold` backs open spot orders, `margin` backs isolated positions; the rest belong to the house. */
export type Bucket = "wallet" | "hold" | "margin" | "fees" | "market" | "insurance" | "funding" | "outside";

export interface Posting {
  /** An account's market wallet such as `main:FUT`, or `house`. */
  readonly owner: string;
  readonly bucket: Bucket;
  /** Splits a bucket further: the instrument for `margin`, the hold's key for `hold`. */
  readonly part?: string;
  readonly asset: string;
  readonly amount: Amount;
}

/** Who stands on the other side: the market traded with, fees taken, money from outside. */
export const HOUSE = "house";

export interface Line {
  owner: string;
  bucket: Bucket;
  part: string;
  asset: string;
  amount: Amount;
}

export class Ledger {
  private readonly lines = new Map<string, Line>();
  /** Of all parts of a bucket together: `owner|bucket|asset`. */
  private readonly totals = new Map<string, Amount>();

  /** Books all postings or, when they do not sum to zero per asset, throws and books none. */
  post(postings: readonly Posting[]): void {
    const sums = new Map<string, Amount>();
    for (const { asset, amount } of postings) sums.set(asset, add(sums.get(asset) ?? zero, amount));
    for (const [asset, total] of sums) {
      if (total !== zero) throw new Error(`Invariant: postings in ${asset} sum to ${total}, not to zero`);
    }
    for (const posting of postings) this.book(posting);
  }

  private book({ owner, bucket, part = "", asset, amount }: Posting): void {
    if (amount === zero) return;
    const whole = `${owner}|${bucket}|${asset}`;
    this.totals.set(whole, add(this.totals.get(whole) ?? zero, amount));
    const key = `${owner}|${bucket}|${part}|${asset}`;
    const line = this.lines.get(key);
    if (!line) {
      this.lines.set(key, { owner, bucket, part, asset, amount });
      return;
    }
    line.amount = add(line.amount, amount);
    if (line.amount === zero) this.lines.delete(key);
  }

  balance(owner: string, bucket: Bucket, asset: string, part = ""): Amount {
    return this.lines.get(`${owner}|${bucket}|${part}|${asset}`)?.amount ?? zero;
  }

  /** All parts of a bucket together. */
  total(owner: string, bucket: Bucket, asset: string): Amount {
    return this.totals.get(`${owner}|${bucket}|${asset}`) ?? zero;
  }

  /** Assets the owner has in any bucket; the cost does not grow with the parts that its buckets are split into. */
  assetsOf(owner: string): Set<string> {
    const assets = new Set<string>();
    for (const [whole, amount] of this.totals) {
      if (amount !== zero && whole.startsWith(`${owner}|`)) assets.add(whole.slice(whole.lastIndexOf("|") + 1));
    }
    return assets;
  }

  /** Every line that is not zero, in key order: the canonical form. */
  all(): Line[] {
    return [...this.lines.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => ({ ...line }));
  }

  /** The sum over all owners, per asset: zero for each, always. */
  sums(): Map<string, Amount> {
    const sums = new Map<string, Amount>();
    for (const line of this.lines.values()) sums.set(line.asset, add(sums.get(line.asset) ?? zero, line.amount));
    return sums;
  }
}

/** Two postings that move an amount between two places of one asset. */
export function move(
  amount: Amount,
  from: Omit<Posting, "amount" | "asset">,
  to: Omit<Posting, "amount">,
): [Posting, Posting] {
  return [
    { ...from, asset: to.asset, amount: sub(zero, amount) },
    { ...to, amount },
  ];
}
