/** Compares what we hold, by the router's books and by the open trades, with the exchange's positions and balances. */
import { type InstrumentId, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, neg, show, sum, zero } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";
import type { Comparison, Difference, DifferenceKind } from "./difference.ts";

export interface Held {
  readonly instrument: InstrumentId;
  readonly qty: string;
  readonly side?: Side | undefined;
  readonly dust: string;
}
export interface OpenTrade {
  readonly instrument: InstrumentId;
  readonly side: Side;
  readonly open_qty: string;
}
export interface PositionThere {
  readonly instrument: InstrumentId;
  /** Signed. */
  readonly qty: string;
}
export interface BalanceThere {
  readonly market: "SPOT" | "FUT";
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
}
export interface Listed {
  readonly instrument: InstrumentId;
  readonly base: string;
}

/** Instruments of which both sides may be older than an order that is under way: nobody's word counts. */
export type Moving = ReadonlySet<InstrumentId>;

/** Futures, signed: an instrument that is flat on both sides is nothing to compare. */
export function comparePositions(held: readonly Held[], theirs: readonly PositionThere[], moving: Moving): Comparison {
  const here = held.filter(({ instrument }) => marketOf(instrument) === "FUT").map(holdingOf);
  const there = theirs.map(({ instrument, qty }) => [instrument, dec(qty)] as const);
  return compareSigned("POSITION_DIFFERS", [here, there], moving);
}

/** Trades against holdings, both ours: a trade that has lost a fill is managed by a wrong quantity. */
export function compareTrades(held: readonly Held[], trades: readonly OpenTrade[], moving: Moving): Comparison {
  const open = trades.map(({ instrument, side, open_qty }) => [instrument, signed(open_qty, side)] as const);
  return compareSigned("TRADE_DIFFERS", [open, held.map(holdingOf)], moving);
}

/**
 * Spot, by asset: the wallet must have what is held for trades and their dust. More than that is the owner's own, of
 * which we know nothing and want nothing.
 */
export function compareWallet(
  held: readonly Held[],
  wallet: { balances: readonly BalanceThere[]; listings: readonly Listed[] },
  moving: Moving,
): Comparison {
  const bases = new Map(wallet.listings.map(({ instrument, base }) => [instrument, base]));
  const spot = held.filter((row) => marketOf(row.instrument) === "SPOT" && bases.has(row.instrument));
  const needing = spot.filter((row) => add(dec(row.qty), dec(row.dust)) > zero);
  const differences: Difference[] = [];
  let checked = 0;
  for (const [asset, rows] of Map.groupBy(needing, (row) => bases.get(row.instrument) as string)) {
    if (rows.some(({ instrument }) => moving.has(instrument))) continue;
    checked++;
    const need = sum(rows.flatMap((row) => [dec(row.qty), dec(row.dust)]));
    const has = sum(
      wallet.balances
        .filter((row) => row.market === "SPOT" && row.asset === asset)
        .flatMap((row) => [dec(row.free), dec(row.locked)]),
    );
    if (has >= need) continue;
    const { instrument } = rows.toSorted((a, b) => (dec(b.qty) > dec(a.qty) ? 1 : -1))[0] as Held;
    differences.push({
      kind: "HOLDING_DIFFERS",
      ref: instrument,
      instrument,
      ours: show(need),
      theirs: show(has),
    });
  }
  return { checked, differences };
}

const signed = (qty: string, side: Side | undefined): Amount => (side === "SELL" ? neg(dec(qty)) : dec(qty));
const holdingOf = ({ instrument, qty, side }: Held) => [instrument, signed(qty, side)] as const;

type Quantities = readonly (readonly [InstrumentId, Amount])[];

function compareSigned(kind: DifferenceKind, sides: readonly [Quantities, Quantities], moving: Moving): Comparison {
  const [ours, theirs] = sides.map(total) as [Map<InstrumentId, Amount>, Map<InstrumentId, Amount>];
  const differences: Difference[] = [];
  let checked = 0;
  for (const instrument of new Set([...ours.keys(), ...theirs.keys()])) {
    const [here, there] = [ours.get(instrument) ?? zero, theirs.get(instrument) ?? zero];
    if (moving.has(instrument) || (here === zero && there === zero)) continue;
    checked++;
    if (here === there) continue;
    differences.push({ kind, ref: instrument, instrument, ours: show(here), theirs: show(there) });
  }
  return { checked, differences };
}

function total(quantities: Quantities): Map<InstrumentId, Amount> {
  const totals = new Map<InstrumentId, Amount>();
  for (const [instrument, qty] of quantities) totals.set(instrument, add(totals.get(instrument) ?? zero, qty));
  return totals;
}
