/** One UTC day of an account: its sums as the exchange's income history has them, beside what our own books say. */
import { type InstrumentId, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, neg, show, sum, zero } from "../../domain/money.ts";
import type { Fill } from "../../domain/order.ts";
import type { Disposal } from "./cost-basis.ts";

/** A row of the exchange's income history. `amount` is signed: what the wallet gained. */
export interface IncomeRow {
  readonly income_id: string;
  readonly market: "SPOT" | "FUT";
  readonly instrument?: InstrumentId | undefined;
  readonly kind: "REALISED_PNL" | "FUNDING" | "COMMISSION" | "TRANSFER" | "LIQUIDATION_FEE" | "OTHER";
  readonly asset: string;
  readonly amount: string;
  readonly fill_id?: string | undefined;
  readonly ts: number;
}

/** Everything of one day and of nothing else. */
export interface DayBooks {
  readonly income: readonly IncomeRow[];
  readonly fills: readonly Fill[];
  readonly funding: readonly { instrument: InstrumentId; asset: string; amount_usdt: string }[];
  /** What was moved between the wallets on our word and surely done within the day. */
  readonly transfers: readonly { to: "SPOT" | "FUT"; amount_usdt: string }[];
  readonly disposals: readonly Disposal[];
}

export interface Difference {
  what: string;
  ours: string;
  exchange: string;
}

export interface DaySums {
  realised_usdt: string;
  fees_usdt: string;
  funding_usdt: string;
  transfers_usdt: string;
  other_usdt: string;
  spot_realised_usdt: string;
  spot_fees_usdt: string;
  fills: number;
  differences: Difference[];
}

const DAY_MS = 86_400_000;
const USDT = "USDT";

export const dayOf = (ts: number): string => new Date(ts).toISOString().slice(0, 10);
/** Its first and its last millisecond. */
export function spanOf(day: string): { from_ts: number; to_ts: number } {
  const from_ts = Date.parse(`${day}T00:00:00.000Z`);
  return { from_ts, to_ts: from_ts + DAY_MS - 1 };
}
/** Both included, in order. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let ts = spanOf(first).from_ts; ts <= spanOf(last).from_ts; ts += DAY_MS) days.push(dayOf(ts));
  return days;
}

/**
 * The futures sums are the exchange's own, commissions in other assets at what our fills value them; the spot sums are
 * ours, because the exchange keeps none. `differences` lists what the books disagree in, to the last digit.
 */
export function statementOf(books: DayBooks): DaySums {
  const futures = books.income.filter((row) => row.market === "FUT");
  const of = (...kinds: IncomeRow["kind"][]): Amount =>
    sum(futures.filter((row) => kinds.includes(row.kind) && row.asset === USDT).map((row) => dec(row.amount)));
  const spot = books.fills.filter((fill) => marketOf(fill.instrument) === "SPOT");
  return {
    realised_usdt: show(of("REALISED_PNL")),
    fees_usdt: show(sum(feesInUsdt(futures, books.fills))),
    funding_usdt: show(of("FUNDING")),
    transfers_usdt: show(of("TRANSFER")),
    other_usdt: show(of("LIQUIDATION_FEE", "OTHER")),
    spot_realised_usdt: show(sum(books.disposals.map((each) => each.gain))),
    spot_fees_usdt: show(sum(spot.map((fill) => dec(fill.fee_usdt)))),
    fills: books.fills.length,
    differences: [...differingSums(futures, books), ...missingTransfers(futures, books), ...strangeAssets(futures)],
  };
}

/** What a futures commission was worth: its amount in USDT, or what our fill of it says. */
export function feeInUsdt(row: IncomeRow, fills: ReadonlyMap<string, Fill>): Amount {
  if (row.asset === USDT) return neg(dec(row.amount));
  return dec(fills.get(`${row.instrument}/${row.fill_id}`)?.fee_usdt ?? "0");
}
export const byFillId = (fills: readonly Fill[]): ReadonlyMap<string, Fill> =>
  new Map(fills.map((fill) => [`${fill.instrument}/${fill.fill_id}`, fill]));

function feesInUsdt(futures: readonly IncomeRow[], fills: readonly Fill[]): Amount[] {
  const known = byFillId(fills);
  return futures.filter((row) => row.kind === "COMMISSION").map((row) => feeInUsdt(row, known));
}

/** Per kind, instrument and asset. */
function differingSums(futures: readonly IncomeRow[], { fills, funding }: DayBooks): Difference[] {
  const theirs = new Map<string, Amount>();
  const ours = new Map<string, Amount>();
  const put = (sums: Map<string, Amount>, [kind, instrument, asset]: string[], amount: string): void => {
    const key = `${kind} ${instrument} ${asset}`;
    sums.set(key, add(sums.get(key) ?? zero, dec(amount)));
  };
  for (const { kind, instrument = "", asset, amount } of futures) {
    if (kind === "REALISED_PNL" || kind === "COMMISSION" || kind === "FUNDING")
      put(theirs, [kind, instrument, asset], amount);
  }
  for (const { instrument, realised_usdt = "0", fee, fee_asset } of fills) {
    if (marketOf(instrument) !== "FUT") continue;
    put(ours, ["REALISED_PNL", instrument, USDT], realised_usdt);
    put(ours, ["COMMISSION", instrument, fee_asset], show(neg(dec(fee))));
  }
  for (const { instrument, asset, amount_usdt } of funding) put(ours, ["FUNDING", instrument, asset], amount_usdt);
  const keys = [...new Set([...theirs.keys(), ...ours.keys()])].sort();
  return keys.flatMap((what) => {
    const [mine, their] = [ours.get(what) ?? zero, theirs.get(what) ?? zero];
    return mine === their ? [] : { what, ours: show(mine), exchange: show(their) };
  });
}

/** Ours that the exchange does not know. What others moved, a deposit say, is only counted. */
function missingTransfers(futures: readonly IncomeRow[], { transfers }: DayBooks): Difference[] {
  const there = futures.filter((row) => row.kind === "TRANSFER" && row.asset === USDT).map((row) => dec(row.amount));
  return transfers.flatMap(({ to, amount_usdt }) => {
    const amount = to === "FUT" ? dec(amount_usdt) : neg(dec(amount_usdt));
    const at = there.indexOf(amount);
    if (at >= 0) there.splice(at, 1);
    return at >= 0 ? [] : { what: "TRANSFER USDT", ours: show(amount), exchange: "0" };
  });
}

/** What is in no sum, because nothing here says what it is worth. */
function strangeAssets(futures: readonly IncomeRow[]): Difference[] {
  return futures
    .filter((row) => row.asset !== USDT && row.kind !== "COMMISSION")
    .map((row) => ({ what: `${row.kind} ${row.asset} is in no sum`, ours: "0", exchange: row.amount }));
}
