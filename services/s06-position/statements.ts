/** Writes the daily statements: the exchange's income history beside our books, and what a tax return needs of the day. */
import { put } from "../../shared/changes.ts";
import { fundingRecords, treasuryTransfers } from "../../shared/collections/exchange.ts";
import { fills as fillsKept } from "../../shared/collections/orders.ts";
import {
  positionsSnapshots,
  type Statement,
  statements as statementsKept,
  taxRows,
  trades,
} from "../../shared/collections/trades.ts";
import type { Income } from "../../shared/contracts.ts";
import { dec, sum } from "../../shared/domain/money.ts";
import { readAll } from "../../shared/read-all.ts";
import {
  type DayBooks,
  type DaySums,
  dayOf,
  daysBetween,
  spanOf,
  statementOf,
} from "../../shared/trading/position/statement.ts";
import { taxRowsOf } from "../../shared/trading/position/tax-rows.ts";
import type { HoldingsSpot } from "./holdings-spot.ts";
import type { Ports } from "./types.ts";

const DAY_MS = 86_400_000;
/** After a day's end its last entries show up in the exchange's history. */
const OVER_MS = 600_000;
/** So long a day that differs is looked at again; then it stays as it is. */
const DIFFERS_MS_MAX = 3 * DAY_MS;
/** Fills and payments may become known so late: the longest a reconciliation looks back, and a day. */
const LATE_MS_MAX = 8 * DAY_MS;
/** The exchange tells three months. */
const LOOK_BACK_MS = 80 * DAY_MS;
/** A busy day's history is long: it is asked for in parts, each well within a call's time. */
const PART_MS = DAY_MS / 4;
const COMMIT_ROWS_MAX = 200;
const TELL_MAX = 5;

type Needs = Pick<Ports, "account" | "store" | "clock" | "exchange" | "alert" | "warn">;

export class Statements {
  private readonly ports: Needs;
  private readonly holdings: HoldingsSpot;

  constructor(ports: Needs, holdings: HoldingsSpot) {
    this.ports = ports;
    this.holdings = holdings;
  }

  /** Writes today's anew, and earlier ones that are not final, or no longer; also of days on which nothing ran here. */
  async keep(): Promise<void> {
    const { store, clock } = this.ports;
    const today = dayOf(clock.now());
    const oldest = dayOf(clock.now() - LOOK_BACK_MS);
    const known = await readAll(store, statementsKept, ["day", { account: this.ports.account, day: { gte: oldest } }]);
    const stale = await this.firstStale(known);
    const isFinal = (statement: Statement) => statement.final && (stale === undefined || statement.day < stale);
    const final = new Set(known.filter(isFinal).map((statement) => statement.day));
    const [first] = [await this.firstDay(), known[0]?.day, today].filter((day) => day !== undefined).sort();
    const open = daysBetween(first as string, today).filter((day) => day >= oldest && !final.has(day));
    for (const day of open) {
      try {
        await this.write(day);
      } catch (error) {
        // One day that cannot be told, or not now, keeps no other one from being told.
        this.ports.warn("a statement could not be written", { day, error: String(error) });
      }
    }
  }

  /** The first of the last days of which more has become known since: what coins cost after it may be other, too. */
  private async firstStale(known: readonly Statement[]): Promise<string | undefined> {
    const since = dayOf(this.ports.clock.now() - LATE_MS_MAX);
    for (const statement of known) {
      if (statement.final && statement.day >= since && (await this.hasGrown(statement))) return statement.day;
    }
    return undefined;
  }

  private async hasGrown({ day, fills, funding_usdt, differences }: Statement): Promise<boolean> {
    const { account, store } = this.ports;
    const span = spanOf(day);
    const where = { account, ts: { gte: span.from_ts, lte: span.to_ts } };
    if ((await store.count(fillsKept, where)) !== fills) return true;
    if (differences.length > 0) return false;
    const paid = await readAll(store, fundingRecords, ["ts", where]);
    return sum(paid.map((record) => dec(record.amount_usdt))) !== dec(funding_usdt);
  }

  /** On which the account was first looked at. */
  private async firstDay(): Promise<string | undefined> {
    const query = { sort: { field: "ts", order: "asc" }, limit: 1 } as const;
    const snapshot = (await this.ports.store.query(positionsSnapshots, query)).items[0]?.value;
    return snapshot && dayOf(snapshot.ts);
  }

  private async write(day: string): Promise<void> {
    const { account, store, clock } = this.ports;
    const before = (await store.get(statementsKept, `${account}/${day}`))?.value;
    const books = await this.booksOf(day);
    const now = clock.now();
    const endedMs = now - spanOf(day).to_ts;
    const isOver = endedMs > OVER_MS;
    const sums = statementOf(books);
    const final = isOver && (sums.differences.length === 0 || endedMs > DIFFERS_MS_MAX);
    if (isOver) await this.keepTaxRows(day, books);
    const rest = { ...(await this.equityOf(day)), trades: await this.tradesOf(day) };
    await store.commit([put(statementsKept, { day, account, ...sums, ...rest, final, created_at: now })]);
    if (isOver) this.alertNew(day, sums, before);
  }

  /** Once for each different finding. */
  private alertNew(day: string, { differences }: DaySums, before: Statement | undefined): void {
    const wasOver = before !== undefined && before.created_at - spanOf(day).to_ts > OVER_MS;
    const isNew = !wasOver || JSON.stringify(before.differences) !== JSON.stringify(differences);
    if (differences.length === 0 || !isNew) return;
    const named = differences.slice(0, TELL_MAX).map((d) => `${d.what}: ${d.ours} here, ${d.exchange} there`);
    const more = differences.length > TELL_MAX ? [`${differences.length - TELL_MAX} more`] : [];
    this.ports.alert("ERROR", "STATEMENT_DIFFERS", `${day}: ${[...named, ...more].join("; ")}`, "Looked at again");
  }

  private async booksOf(day: string): Promise<DayBooks> {
    const { account, store } = this.ports;
    const span = spanOf(day);
    const ts = { gte: span.from_ts, lte: span.to_ts };
    const ours = <T extends { account: string }>(rows: T[]) => rows.filter((row) => row.account === account);
    const moved = await readAll(store, treasuryTransfers, ["created_at", { created_at: ts }]);
    return {
      income: await this.incomeOf(span),
      fills: ours(await readAll(store, fillsKept, ["ts", { ts }])),
      funding: ours(await readAll(store, fundingRecords, ["ts", { ts }])),
      transfers: ours(moved).filter(({ state, updated_at }) => state === "OK" && updated_at <= span.to_ts),
      disposals: await this.holdings.disposals(span),
    };
  }

  private async incomeOf({ from_ts, to_ts }: { from_ts: number; to_ts: number }): Promise<Income[]> {
    const { account, clock, exchange } = this.ports;
    const found: Income[] = [];
    // The exchange's clock may be ahead of ours.
    const last = Math.min(to_ts, clock.now() + OVER_MS);
    for (let from = from_ts; from <= last; from += PART_MS) {
      const to = Math.min(from + PART_MS - 1, to_ts);
      const { income } = await exchange.getIncome({ account, from_ts: from, to_ts: to });
      found.push(...income.filter((row) => row.ts >= from && row.ts <= to));
    }
    return found;
  }

  private async keepTaxRows(day: string, books: DayBooks): Promise<void> {
    const { account, store } = this.ports;
    const rows = taxRowsOf(books);
    for (let from = 0; from < rows.length; from += COMMIT_ROWS_MAX) {
      const some = rows.slice(from, from + COMMIT_ROWS_MAX);
      await store.commit(some.map((row) => put(taxRows, { ...row, account, day })));
    }
  }

  /** As last measured before the day began, or first within it; and as last measured in it. */
  private async equityOf(day: string): Promise<Pick<Statement, "equity_start_usdt" | "equity_end_usdt">> {
    const { from_ts, to_ts } = spanOf(day);
    const last = await this.equityWithin({ gte: from_ts, lte: to_ts }, "desc");
    const before = await this.equityWithin({ gte: from_ts - OVER_MS, lt: from_ts }, "desc");
    const first = before ?? (await this.equityWithin({ gte: from_ts, lte: to_ts }, "asc"));
    return {
      ...(first !== undefined && { equity_start_usdt: first }),
      ...(last !== undefined && { equity_end_usdt: last }),
    };
  }

  private async equityWithin(ts: { gte: number; lt?: number; lte?: number }, order: "asc" | "desc") {
    const query = { where: { ts }, sort: { field: "ts", order }, limit: 1 };
    return (await this.ports.store.query(positionsSnapshots, query)).items[0]?.value.equity_usdt;
  }

  private tradesOf(day: string): Promise<number> {
    const { from_ts, to_ts } = spanOf(day);
    const { account, store } = this.ports;
    return store.count(trades, { status: "CLOSED", account, closed_at: { gte: from_ts, lte: to_ts } });
  }
}
