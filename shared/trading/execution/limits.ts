/** The account's limits on what is open at once, held here where entries meet: what was decided apart adds up. */
import type { Holding, IntentRecord } from "../../collections/orders.ts";
import type { RiskFlags } from "../../domain/bundle.ts";
import { type InstrumentId, marketOf } from "../../domain/instrument.ts";
import { type Amount, add, dec, max, mul, show, sub, sum, toStep, zero } from "../../domain/money.ts";
import { isEntry } from "../../domain/order.ts";
import { refuse } from "../../errors.ts";
import { planOf } from "./answers.ts";
import type { Books } from "./books.ts";
import type { Quotes } from "./quotes.ts";

/** An entry between its check and its commit. */
export interface Admitting {
  readonly instrument: InstrumentId;
  readonly entry: boolean;
  readonly notional: Amount;
}

interface Around {
  readonly book: Pick<Books, "holdings" | "running" | "ownOrders">;
  readonly market: Pick<Quotes, "bid">;
  readonly admitting: readonly Admitting[];
}

interface Exposed {
  readonly instrument: InstrumentId;
  readonly usdt: Amount;
}

const SHOWN = dec("0.01");

/**
 * What would be open with this entry: by instrument, in total and on correlated ones, held or still to be filled, and
 * trades per market. Throws RULE (422). In shards each sees its own instruments only.
 */
export function checkLimits(wanted: Exposed, risk: RiskFlags, around: Around): void {
  const open = exposures(around);
  const total = (rows: readonly Exposed[]) => add(wanted.usdt, sum(rows.map((row) => row.usdt)));
  const own = open.filter((row) => row.instrument === wanted.instrument);
  atMost(`on ${wanted.instrument}`, total(own), dec(risk.exposure_instrument_usdt_max));
  atMost("in total", total(open), dec(risk.exposure_total_usdt_max));
  for (const { instruments, exposure_usdt_max } of risk.correlated ?? []) {
    if (!instruments.includes(wanted.instrument)) continue;
    const group = open.filter((row) => instruments.includes(row.instrument));
    atMost(`on ${instruments.join(", ")} together`, total(group), dec(exposure_usdt_max));
  }
  const market = marketOf(wanted.instrument);
  const trades = new Set(open.map((row) => row.instrument).filter((each) => marketOf(each) === market));
  if (trades.has(wanted.instrument) || trades.size < risk.entries_per_market_max) return;
  refuse("RULE", `${trades.size} trades are open or opening on ${market}; at most ${risk.entries_per_market_max}`);
}

function atMost(where: string, usdt: Amount, limit: Amount): void {
  if (usdt <= limit) return;
  refuse("RULE", `${show(toStep(usdt, SHOWN, "up"))} USDT would be open ${where}; at most ${show(limit)}`);
}

/** Everything that is held, being filled or being let in; what is flat is not listed. */
function exposures({ book, market, admitting }: Around): Exposed[] {
  const held = book
    .holdings()
    .filter((holding) => holding.qty !== "0")
    .map((holding) => ({ instrument: holding.instrument, usdt: worthOf(holding, market) }));
  const running = book
    .running()
    .filter((record) => isEntry(record.intent.kind))
    .map((record) => ({ instrument: record.instrument, usdt: unfilled(record, { book, market }) }));
  const coming = admitting.filter((slot) => slot.entry && slot.notional > zero);
  return [...held, ...running, ...coming.map(({ instrument, notional }) => ({ instrument, usdt: notional }))];
}

const worthOf = ({ instrument, qty, avg_entry }: Holding, market: Around["market"]): Amount =>
  mul(dec(qty), dec(market.bid(instrument) ?? avg_entry));

function unfilled(record: IntentRecord, { book, market }: Pick<Around, "book" | "market">): Amount {
  const { qty, price } = planOf(record);
  const filled = sum(book.ownOrders(record.intent_id).map((order) => dec(order.filled_qty)));
  const at = price ?? market.bid(record.instrument);
  return at === undefined ? zero : mul(max(zero, sub(dec(qty), filled)), dec(at));
}
