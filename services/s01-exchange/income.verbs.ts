/** What the account gained and paid as the exchange tells it: for services by RPC, for people by REST. */
import { z } from "@hono/zod-openapi";
import { FundingRecord, fundingRecords } from "../../shared/collections/exchange.ts";
import { exchange, Income } from "../../shared/contracts.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { answers, type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf } from "../../shared/paging.ts";
import type { Desk } from "./trading.ts";
import type { Venue, VenueIncome } from "./venue-port.ts";

export interface IncomeParts {
  clock: Clock;
  store: Store;
  venue: Venue;
  desk: Desk;
}

const DAY_MS = 24 * 3_600_000;
/** Each page is asked of the exchange anew. */
const SPAN_MS_MAX = 7 * DAY_MS;

const IncomeQuery = inOrder(z.object({ ...Paging, ...Period }));
const FundingQuery = inOrder(z.object({ ...Paging, ...Period, instrument: InstrumentId.optional() }));

const INCOME_CSV = itemsAsCsv<Income>("ts", "income_id", "market", "instrument", "kind", "asset", "amount", "fill_id");
const FUNDING_CSV = itemsAsCsv<FundingRecord>("ts", "income_id", "account", "instrument", "asset", "amount_usdt");

export const incomeVerbs = ({ clock, store, venue, desk }: IncomeParts): Verb[] => [
  answers(exchange.methods.getIncome, {
    name: "getIncome",
    summary: "Both wallets' credits and charges of a time, both ends included, oldest first.",
    run: async ({ account, from_ts, to_ts }) => {
      desk.owns(account);
      if (from_ts > to_ts) refuse("INVALID", "to_ts: is before from_ts");
      return { income: await incomeOf(venue).between({ from_ts, to_ts }) };
    },
  }),
  verb({
    name: "listIncome",
    summary: "Credits and charges as the exchange tells them, oldest first; of the last day, or of at most seven days.",
    rest: "GET /xchg/income",
    input: IncomeQuery,
    output: ListOf(Income),
    csv: INCOME_CSV,
    run: async ({ limit, cursor, from_ts, to_ts }) => {
      const to = to_ts ?? Math.max(from_ts ?? 0, clock.now());
      const from = from_ts ?? to - DAY_MS;
      if (to - from > SPAN_MS_MAX) refuse("INVALID", "from_ts: at most seven days at a time");
      const all = (await incomeOf(venue).between({ from_ts: from, to_ts: to })).toSorted(byPlace);
      const rest = cursor === undefined ? all : all.filter((row) => placeOf(row) > cursor);
      const items = rest.slice(0, limit);
      return { items, ...(rest.length > limit && { next_cursor: placeOf(items.at(-1)!) }) };
    },
  }),
  verb({
    name: "listFunding",
    summary: "Funding payments on record, newest first.",
    rest: "GET /xchg/funding",
    input: FundingQuery,
    output: ListOf(FundingRecord),
    csv: FUNDING_CSV,
    run: async ({ instrument, ...asked }) =>
      pageOf(await store.query(fundingRecords, newestFirst(asked, "ts", { instrument }))),
  }),
];

const incomeOf = ({ income, name }: Venue): VenueIncome =>
  income ?? refuse("UNAVAILABLE", `The connector to ${name} cannot read its income history.`);

const TIME_DIGITS = 15;
/** Sorts as text by time, then by id. */
const placeOf = ({ ts, income_id }: Income): string => `${String(ts).padStart(TIME_DIGITS, "0")} ${income_id}`;
const byPlace = (a: Income, b: Income): number => (placeOf(a) < placeOf(b) ? -1 : 1);
