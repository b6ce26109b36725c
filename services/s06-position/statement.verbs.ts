/** What people can read of the accounts: spot holdings at cost, daily statements, and a year for a tax return. */
import { z } from "@hono/zod-openapi";
import { SpotHolding, Statement, statements, TaxRow, taxRows } from "../../shared/collections/trades.ts";
import { Decimal } from "../../shared/domain/instrument.ts";
import { type Amount, dec, mul, show, sub } from "../../shared/domain/money.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf, within } from "../../shared/paging.ts";
import { readAll } from "../../shared/read-all.ts";
import { dayOf, spanOf } from "../../shared/trading/position/statement.ts";
import { type HoldingsSpot, holdingsOf } from "./holdings-spot.ts";

interface Parts {
  account: string;
  clock: Clock;
  store: Store;
  holdingsSpot: HoldingsSpot;
  /** The last bid of a coin in USDT. */
  price(asset: string): string | undefined;
  /** What the exchange says is held of it. */
  wallet(asset: string): Amount | undefined;
}

const HeldNow = SpotHolding.extend({
  /** As the exchange says; what is above `qty` was never bought here. */
  wallet_qty: Decimal.optional(),
  price: Decimal.optional(),
  value_usdt: Decimal.optional(),
  unrealised_usdt: Decimal.optional(),
});
type HeldNow = z.output<typeof HeldNow>;
const HoldingsNow = z.object({ items: z.array(HeldNow), realised_usdt: Decimal, ts: z.number() });
const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must look like 2026-01-31");
const Year = z.coerce.number().int().min(2000).max(2100);

const HOLDINGS_CSV = itemsAsCsv<HeldNow>(
  ...(["asset", "qty", "wallet_qty", "avg_cost_usdt", "cost_usdt", "price", "value_usdt", "unrealised_usdt"] as const),
);
const STATEMENTS_CSV = itemsAsCsv<Statement>(
  ...(["day", "account", "equity_start_usdt", "equity_end_usdt", "realised_usdt", "fees_usdt"] as const),
  ...(["funding_usdt", "transfers_usdt", "other_usdt", "spot_realised_usdt", "spot_fees_usdt"] as const),
  ...(["trades", "fills", "differences", "final"] as const),
);
const TAX_CSV = itemsAsCsv<TaxRow>(
  ...(["ts", "day", "kind", "instrument", "asset", "qty", "proceeds_usdt", "cost_usdt"] as const),
  ...(["fee_usdt", "gain_usdt", "note", "row_id"] as const),
);

export const statementVerbs = ({ account, clock, store, holdingsSpot, price, wallet }: Parts): Verb[] => [
  verb({
    name: "listHoldings",
    summary: "Coins held on spot as our fills say, with their weighted average cost in USDT",
    rest: "GET /holdings",
    input: z.object({}),
    output: HoldingsNow,
    csv: HOLDINGS_CSV,
    async run() {
      const basis = await holdingsSpot.now();
      const items = holdingsOf(basis).map((held) => {
        const inWallet = wallet(held.asset);
        const wallet_qty = inWallet === undefined ? {} : { wallet_qty: show(inWallet) };
        return { ...held, ...wallet_qty, ...valued(held, price(held.asset)) };
      });
      return { items, realised_usdt: show(basis.realised), ts: clock.now() };
    },
  }),
  verb({
    name: "listStatements",
    summary: "Daily statements, newest first; a day that is not final may still change",
    rest: "GET /statements",
    input: inOrder(z.object({ ...Paging, ...Period })),
    output: ListOf(Statement),
    csv: STATEMENTS_CSV,
    async run({ from_ts, to_ts, ...asked }) {
      const day = within(dayAt(from_ts), dayAt(to_ts));
      return pageOf(await store.query(statements, newestFirst(asked, "day", { account, day })));
    },
  }),
  verb({
    name: "readStatement",
    summary: "One UTC day: its sums as the exchange has them, and what our books say differently",
    rest: "GET /statements/{day}",
    input: z.object({ day: Day }),
    output: Statement,
    async run({ day }) {
      const kept = await store.get(statements, `${account}/${day}`);
      return kept?.value ?? refuse("NOT_FOUND", `there is no statement of ${day}`);
    },
  }),
  verb({
    name: "readTax",
    summary: "A year's disposals, credits and charges, oldest first, up to the last finished day",
    rest: "GET /tax",
    input: z.object({ year: Year }),
    output: z.object({ items: z.array(TaxRow) }),
    csv: TAX_CSV,
    async run({ year }) {
      const gte = spanOf(`${year}-01-01`).from_ts;
      const lte = spanOf(`${year}-12-31`).to_ts;
      return { items: await readAll(store, taxRows, ["ts", { account, ts: { gte, lte } }]) };
    },
  }),
];

const LAST_MS = spanOf("9999-12-31").to_ts;
const dayAt = (ts: number | undefined): string | undefined =>
  ts === undefined ? undefined : dayOf(Math.min(Math.max(ts, 0), LAST_MS));

function valued({ qty, cost_usdt }: SpotHolding, price: string | undefined) {
  if (price === undefined) return {};
  const value = mul(dec(qty), dec(price));
  return { price: show(dec(price)), value_usdt: show(value), unrealised_usdt: show(sub(value, dec(cost_usdt))) };
}
