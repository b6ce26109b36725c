/** A day for a tax return: one row per disposal of a coin and per credit or charge of the futures account. */
import type { InstrumentId } from "../../domain/instrument.ts";
import { type Amount, dec, neg, show, zero } from "../../domain/money.ts";
import { byFillId, type DayBooks, feeInUsdt, type IncomeRow } from "./statement.ts";

/** Money is USDT; `gain = proceeds − cost − fee`. */
export interface TaxRow {
  /** The same whenever the day is written anew. */
  row_id: string;
  ts: number;
  kind:
    | "SALE"
    | "FEE"
    | "PURCHASE_FEE"
    | "FUTURES_PNL"
    | "FUTURES_FUNDING"
    | "FUTURES_COMMISSION"
    | "FUTURES_LIQUIDATION"
    | "FUTURES_OTHER";
  instrument?: InstrumentId;
  asset: string;
  qty: string;
  proceeds_usdt: string;
  cost_usdt: string;
  fee_usdt: string;
  gain_usdt: string;
  note?: string;
}

const KINDS: Readonly<Record<Exclude<IncomeRow["kind"], "TRANSFER">, TaxRow["kind"]>> = {
  REALISED_PNL: "FUTURES_PNL",
  FUNDING: "FUTURES_FUNDING",
  COMMISSION: "FUTURES_COMMISSION",
  LIQUIDATION_FEE: "FUTURES_LIQUIDATION",
  OTHER: "FUTURES_OTHER",
};

/** In order of time. Moving funds between one's own wallets is no event. */
export function taxRowsOf(books: DayBooks): TaxRow[] {
  return [...spotRows(books), ...futuresRows(books)].sort((a, b) => a.ts - b.ts);
}

const spotRows = ({ disposals }: DayBooks): TaxRow[] =>
  disposals.map(({ kind, instrument, fill_id, asset, qty, proceeds, cost, fee, gain, strange, ts }) => ({
    row_id: `${instrument}/${fill_id}/${kind}/${asset}`,
    ...{ ts, kind, instrument, asset, qty: show(qty) },
    ...money({ proceeds, cost, fee, gain }),
    ...(strange > zero && { note: `cost of ${show(strange)} is not known and counts as the proceeds` }),
  }));

function futuresRows({ income, fills }: DayBooks): TaxRow[] {
  const known = byFillId(fills);
  return income.flatMap((row) => {
    const { kind, income_id, instrument, asset, amount, ts } = row;
    if (row.market !== "FUT" || kind === "TRANSFER") return [];
    const isFee = kind === "COMMISSION";
    const fee = isFee ? feeInUsdt(row, known) : zero;
    const isValued = asset === "USDT" || isFee;
    const proceeds = isFee || !isValued ? zero : dec(amount);
    return {
      row_id: income_id,
      ...{ ts, kind: KINDS[kind], ...(instrument !== undefined && { instrument }), asset, qty: amount },
      ...money({ proceeds, cost: zero, fee, gain: isFee ? neg(fee) : proceeds }),
      ...(!isValued && { note: `its worth in USDT is not known` }),
    };
  });
}

const money = (of: { proceeds: Amount; cost: Amount; fee: Amount; gain: Amount }) => ({
  proceeds_usdt: show(of.proceeds),
  cost_usdt: show(of.cost),
  fee_usdt: show(of.fee),
  gain_usdt: show(of.gain),
});
