/** After a restore: takes in what the exchange knows and the books have lost, before anything is entered. */
import { put } from "../../shared/changes.ts";
import { intents, routerMarks } from "../../shared/collections/orders.ts";
import type { ExchangeFill, ExchangeOrder } from "../../shared/contracts.ts";
import { type InstrumentId, marketOf } from "../../shared/domain/instrument.ts";
import { dec, show } from "../../shared/domain/money.ts";
import { type Intent, IntentKind, isEntry } from "../../shared/domain/order.ts";
import { asProblem, type Code, Problem, refuse } from "../../shared/errors.ts";
import { clientOrderId } from "../../shared/keys.ts";
import { RESTORED_MARK, RestoredMark } from "../../shared/restored.ts";
import { seqOf } from "../../shared/trading/position/ask.ts";
import { reportOf } from "./dispatch.ts";
import { all } from "./kept.ts";
import { askedQty, FIRST_LEGS, type LostAsk, lastAsk, lostAsks } from "./lost-asks.ts";
import { LostOrders, type LostParts } from "./lost-orders.ts";
import type { MarketView } from "./market.ts";
import { bookStrange, isOutside, lackingSince } from "./outside.ts";
import type { OrderRepair } from "./repair-orders.ts";

export interface CatchUpParts extends LostParts {
  readonly orderRepair: Pick<OrderRepair, "rowOfOurs">;
  readonly market: Pick<MarketView, "listing">;
}

/** Clocks differ, and what was under way at the moment of the backup may not be in it. */
const OVERLAP_MS = 120_000;
/** Asked again it would say the same. */
const REFUSALS: readonly Code[] = ["EXCHANGE_REFUSED", "NOT_FOUND", "INVALID", "RULE"];

interface Met {
  readonly orders: number;
  readonly fills: number;
  /** What the books held, and the highest number of what was asked about it. */
  readonly trade_id: string | undefined;
  readonly last: number;
}

export class CatchUp {
  private readonly parts: CatchUpParts;
  private readonly lost: LostOrders;
  private mark: RestoredMark | undefined;
  /** What the instruments brought that have been asked for, since this process began. */
  private readonly met = new Map<InstrumentId, Met>();
  /** Could not be asked the last time: the others come first. */
  private readonly late = new Set<InstrumentId>();

  constructor(parts: CatchUpParts) {
    this.parts = parts;
    this.lost = new LostOrders(parts);
  }

  async load(): Promise<void> {
    const mark = await this.parts.ports.store.get(routerMarks, RESTORED_MARK);
    this.mark = mark && RestoredMark.parse(mark.value.value);
  }

  /** The books lack what happened, on one instrument at least. */
  get isDue(): boolean {
    return this.mark !== undefined && this.mark.caught_up_at === undefined;
  }

  /** What is held by the books may be held no more, or otherwise: nothing is placed for it before that is known. */
  isDueOn(instrument: InstrumentId): boolean {
    return this.isDue && !this.met.has(instrument);
  }

  /**
   * Asks once for all that happened since the backup on these instruments, and books it in the order in which it
   * happened. Throws when the exchange cannot be asked: then it is asked again for those that are left. Of one that it
   * refuses to speak of, as of one that was delisted, the books are left as they are, which is told.
   */
  async run(instruments: Iterable<InstrumentId>): Promise<void> {
    const { ports } = this.parts;
    const { mark } = this;
    if (!mark || mark.caught_up_at !== undefined) return;
    const refused = new Map<InstrumentId, Problem>();
    const sorted = [...instruments].toSorted();
    const isLate = (instrument: InstrumentId) => this.late.has(instrument);
    const left = [...sorted.filter((each) => !isLate(each)), ...sorted.filter(isLate)];
    for (const instrument of left.filter((each) => ports.shard.owns(each) && !this.met.has(each))) {
      try {
        this.met.set(instrument, await this.meet(instrument, mark));
      } catch (error) {
        const problem = asProblem(error);
        this.late.add(instrument);
        if (!REFUSALS.includes(problem.code)) throw error;
        refused.set(instrument, problem);
      }
    }
    // A key that is refused is refused on all of them.
    const isOfOne = (instrument: InstrumentId) =>
      !this.parts.market.listing(instrument) ||
      [...this.met.keys()].some((met) => marketOf(met) === marketOf(instrument));
    for (const [instrument, problem] of refused) if (!isOfOne(instrument)) throw problem;
    await this.finish(mark, refused);
  }

  private async finish(mark: RestoredMark, refused: ReadonlyMap<InstrumentId, Problem>): Promise<void> {
    const { ports } = this.parts;
    let [orders, fills] = [0, 0];
    const asked: Record<string, number> = { ...mark.asked };
    for (const { orders: newOrders, fills: newFills, trade_id, last } of this.met.values()) {
      orders += newOrders;
      fills += newFills;
      if (trade_id !== undefined) asked[trade_id] = Math.max(asked[trade_id] ?? 0, last);
    }
    const now = ports.clock.now();
    const done: RestoredMark = { ...mark, caught_up_at: now, asked };
    const since = new Date(mark.as_of).toISOString();
    for (const [instrument, { message }] of refused) {
      ports.warn("the exchange tells nothing of an instrument's past", { instrument, error: message });
    }
    const but = refused.size > 0 ? `, but for ${[...refused.keys()].join(", ")}, of which it tells nothing` : "";
    const what = `${fills} fills and ${orders} orders since ${since} were taken in from the exchange${but}`;
    const audit = ports.audit({ actor: "router", what: "restored", ref: mark.backup_id, outcome: what });
    await ports.store.commit([put(routerMarks, { id: RESTORED_MARK, value: done, ts: now }), audit], { sync: "full" });
    this.mark = done;
    ports.alert("WARN", "BOOKS_RESTORED", `The books are those of backup ${mark.backup_id}`, what);
  }

  /**
   * The client id under which this intent's first order left before the books were lost, if it did: it is not executed
   * a second time. However long after the restore: who asks counts on from where the backup stood, and gives the same
   * names out again.
   */
  async leftAs({ intent_id, kind, instrument, trade_id }: Intent): Promise<string | undefined> {
    const { ports, book } = this.parts;
    if (!this.mark) return undefined;
    const isStage = kind === IntentKind.enum.TP && trade_id !== undefined;
    if (isStage && this.isDue) refuse("NOT_READY", "no stages before the exchange was asked", { retryAfterMs: 1_000 });
    for (const leg of FIRST_LEGS) {
      const id = clientOrderId(ports.settings.installationTag, intent_id, leg);
      const known = await book.find(id).catch((error: unknown) => {
        // The store is away: then the exchange has been asked about an exit already.
        if (isEntry(kind) || asProblem(error).code !== "UNAVAILABLE") throw error;
        return undefined;
      });
      if (known || (this.isDue && !isEntry(kind) && (await this.isThere(instrument, id)))) return id;
    }
    const last = isStage ? this.mark.asked?.[trade_id] : undefined;
    // Decided before its stages of the lost time were heard of.
    return last !== undefined && (seqOf(trade_id ?? "", "TP", intent_id) ?? last + 1) <= last ? intent_id : undefined;
  }

  /** Getting out does not wait for an exchange that cannot say it. */
  private async isThere(instrument: InstrumentId, client_order_id: string): Promise<boolean> {
    const { venue, ports } = this.parts;
    const ref = { account: ports.account, instrument, client_order_id, conditional: false };
    const said = await venue.ask(instrument, (options) => venue.calls.queryOrder(ref, options));
    return said.kind === "answered";
  }

  private async meet(instrument: InstrumentId, mark: RestoredMark): Promise<Met> {
    const { book } = this.parts;
    const from = Math.min(mark.as_of, ...book.allOrders(instrument).map((order) => order.created_at)) - OVERLAP_MS;
    const told = await this.ordersSince(instrument, from);
    const ours = told.filter(({ client_order_id }) => this.isOurs(client_order_id));
    let orders = 0;
    for (const said of ours) {
      if (await book.find(said.client_order_id)) continue;
      orders++;
      await this.parts.orderRepair.rowOfOurs(said, `restore of ${mark.backup_id}`);
    }
    const { missed, strange } = await lackingSince(this.parts, instrument, from);
    const byOrder = Map.groupBy(
      [...[...missed.values()].flat(), ...strange].toSorted(
        (a, b) => a.ts - b.ts || Number(a.fill_id) - Number(b.fill_id),
      ),
      (fill) => fill.order_id,
    );
    const known = new Map(told.map((said) => [said.order_id, said]));
    const mine = new Map([...missed.keys()].map((order) => [order.order_id, order.client_order_id]));
    const trade_id = book.holding(instrument)?.trade_id;
    const asks = trade_id === undefined ? NO_ASKS : await this.asksAmong(ours, { trade_id, instrument });
    let fills = 0;
    for (const [order_id, group] of byOrder) {
      const said = known.get(order_id);
      const ask = said && askOf(said, asks, ours);
      fills += await this.bookGroup(instrument, { group, said, ask, mine: mine.get(order_id), mark });
    }
    await this.lost.protectedBy(instrument, ours);
    for (const said of ours) await this.lost.keep(said);
    return { orders, fills, trade_id, last: trade_id === undefined ? 0 : await this.lastLost(instrument, trade_id) };
  }

  /** Of what was taken in, also by a process before this one that did not come to the end. */
  private async lastLost(instrument: InstrumentId, trade_id: string): Promise<number> {
    const { store } = this.parts.ports;
    const from = (this.mark?.as_of ?? 0) - OVERLAP_MS;
    const kept = await all(store, intents, { instrument, created_at: { gte: from } });
    return lastAsk(
      trade_id,
      kept.filter(({ value }) => isOutside(value)).map(({ key }) => key),
    );
  }

  /** What those that no intent in the books explains were sent for, as far as it was for the trade that the books hold. */
  private async asksAmong(ours: readonly ExchangeOrder[], of: { trade_id: string; instrument: InstrumentId }) {
    const { book, ports } = this.parts;
    const { trade_id, instrument } = of;
    const unknown = new Set<string>();
    for (const { client_order_id: id } of ours) if (!(await book.find(id))) unknown.add(id);
    if (unknown.size === 0) return NO_ASKS;
    const kept = await all(ports.store, intents, { instrument });
    const after = lastAsk(
      trade_id,
      kept.map(({ key }) => key),
    );
    return lostAsks(ports.settings.installationTag, { trade_id, after }, unknown);
  }

  private async bookGroup(
    instrument: InstrumentId,
    of: {
      group: ExchangeFill[];
      said: ExchangeOrder | undefined;
      ask: Asked | undefined;
      mine: string | undefined;
      mark: RestoredMark;
    },
  ): Promise<number> {
    const { group: fills, said, ask, mine, mark } = of;
    if (mine !== undefined) {
      const report = said && { report: reportOf(said) };
      await this.parts.booking.take(mine, { by: "RECONCILIATION", fills, ...report });
    } else if (said && this.isOurs(said.client_order_id)) await this.lost.book(said, fills, ask);
    // On spot what others traded is the owner's, unless it took what we hold, which the reconciler sees.
    else if (marketOf(instrument) === "FUT" && fills.every(({ ts }) => ts >= mark.as_of - OVERLAP_MS)) {
      await bookStrange(this.parts, instrument, { fills, missing: dec("0"), run: `restore of ${mark.backup_id}` });
    } else return 0;
    return fills.length;
  }

  /** Nothing where the exchange does not tell: fills are then booked as strangers'. */
  private async ordersSince(instrument: InstrumentId, from_ts: number): Promise<ExchangeOrder[]> {
    const { venue, ports } = this.parts;
    const { account } = ports;
    const said = await venue.ask(instrument, (options) =>
      venue.calls.getOpenOrders({ account, instrument, from_ts }, options),
    );
    if (said.kind === "answered") return said.value.orders;
    if (said.problem.code === "RULE") return [];
    throw new Problem(said.problem.code, said.problem.message, { cause: said.problem });
  }

  private isOurs(client_order_id: string): boolean {
    return client_order_id.startsWith(`${this.parts.ports.settings.installationTag}-`);
  }
}

type Asked = LostAsk & { qty: string };
const NO_ASKS: ReadonlyMap<string, LostAsk> = new Map();

/** With the quantity that was asked for. */
function askOf(
  { client_order_id }: ExchangeOrder,
  asks: ReadonlyMap<string, LostAsk>,
  ours: readonly ExchangeOrder[],
): Asked | undefined {
  const ask = asks.get(client_order_id);
  const told = new Map(ours.map((said) => [said.client_order_id, said]));
  const same = [...asks].filter(([, { intent_id }]) => intent_id === ask?.intent_id);
  return ask && { ...ask, qty: show(askedQty(same.flatMap(([id]) => told.get(id) ?? []))) };
}
