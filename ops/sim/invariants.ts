/**
 * What must hold, judged by the venue's own journal and ledger rather than by our books.
 *
 * `watch` looks once a virtual second; `judge` looks at everything when a run has come to rest.
 */
import { fills as fillsKept, type Holding, holdings, intents, orders } from "../../shared/collections/orders.ts";
import { trades as tradesKept } from "../../shared/collections/trades.ts";
import { DEFAULT_ACCOUNT } from "../../shared/domain/instrument.ts";
import { type Amount, abs, add, dec, neg, show, sub, sum, zero } from "../../shared/domain/money.ts";
import { isTerminal } from "../../shared/domain/order.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { Venue } from "../venue/venue.ts";
import { readAll } from "./pages.ts";
import { judgeTransfers } from "./transfers-invariant.ts";

/** A position may stand without a stop at the venue for this long. */
const UNPROTECTED_MS_MAX = 2_000;

export interface Verdict {
  /** How many separate checks were made. */
  checked: number;
  violated: string[];
}
export interface Invariants {
  watch(): void;
  judge(): Promise<Verdict>;
}

export interface JudgeParts {
  venue: Venue;
  clock: Clock;
  store(owner: "s01" | "s04" | "s06" | "s12"): Store;
  /** Unprotected time counts only while the venue can be reached; always, when absent. */
  isReachable?(): boolean;
}

export function createInvariants({ venue, clock, store, isReachable = () => true }: JudgeParts): Invariants {
  let checked = 0;
  const violated = new Set<string>();
  const nakedSince = new Map<string, number>();

  function check(holds: boolean, what: () => string): void {
    checked++;
    if (!holds) violated.add(what());
  }

  /** 10: no open quantity lacks venue-side protection for longer than it takes to place it. */
  function watchProtection(): void {
    for (const { instrument, qty } of venue.positions()) {
      const side = qty > 0n ? "SELL" : "BUY";
      const stops = venue.algos().filter((a) => a.instrument === instrument && a.status === "NEW" && a.side === side);
      const covered = sum(stops.filter((a) => a.type === "STOP_MARKET").map((a) => a.qty));
      const isNaked = qty !== 0n && covered < abs(qty);
      if (!isNaked || !isReachable()) nakedSince.delete(instrument);
      else if (!nakedSince.has(instrument)) nakedSince.set(instrument, clock.now());
      const since = nakedSince.get(instrument) ?? clock.now();
      check(clock.now() - since <= UNPROTECTED_MS_MAX, () => `10: ${instrument} stood unprotected from ${since}`);
    }
  }

  /** 6: what left one pocket is in another, per asset, to the last unit. */
  function watchLedger(): void {
    const sums = new Map<string, Amount>();
    for (const { asset, amount } of venue.ledger()) sums.set(asset, add(sums.get(asset) ?? zero, amount));
    for (const [asset, total] of sums) check(total === zero, () => `6: the ledger's ${asset} sums to ${show(total)}`);
  }

  return {
    watch(): void {
      watchProtection();
      watchLedger();
    },
    async judge(): Promise<Verdict> {
      this.watch();
      const s04 = store("s04");
      judgeIds(venue, new Set((await readAll(s04, orders)).map((o) => o.client_order_id)), check);
      await judgeOrders(s04, check);
      await judgeFills(venue, s04, check);
      judgePositions(venue, await readAll(s04, holdings), check);
      await judgeTrades(venue, store, check);
      await judgeTransfers({ venue, account: DEFAULT_ACCOUNT }, store, check);
      return { checked, violated: [...violated].sort() };
    },
  };
}

type Check = (holds: boolean, what: () => string) => void;

/** 1: at most one venue order per client id over all time, and each is one of ours or forced. */
function judgeIds(venue: Venue, ours: ReadonlySet<string>, check: Check): void {
  const seen = new Map<string, number>();
  for (const order of venue.orders()) {
    const slot = `${order.instrument} ${order.client_id}`;
    seen.set(slot, (seen.get(slot) ?? 0) + 1);
    const isOurs = ours.has(order.client_id) || order.forced || order.algo_id !== undefined;
    check(isOurs, () => `1: the venue has ${order.client_id}, which no stored order explains`);
  }
  for (const [slot, times] of seen) check(times === 1, () => `1: ${times} venue orders for ${slot}`);
}

/** 2 and 9: every order traces to an intent; none is left UNKNOWN, no reservation without a reason. */
async function judgeOrders(s04: Store, check: Check): Promise<void> {
  const known = new Map((await readAll(s04, intents)).map((record) => [record.intent_id, record]));
  for (const order of await readAll(s04, orders)) {
    check(known.has(order.intent_id), () => `2: order ${order.client_order_id} has no stored intent`);
    check(order.status !== "UNKNOWN", () => `9: order ${order.client_order_id} is UNKNOWN`);
    check(
      order.status !== "FILLED" || order.filled_qty === order.qty,
      () => `4: order ${order.client_order_id} is FILLED with ${order.filled_qty} of ${order.qty}`,
    );
  }
  for (const { intent_id, state, reserved_usdt, answer } of known.values()) {
    check(dec(reserved_usdt) >= zero, () => `7: intent ${intent_id} has reserved ${reserved_usdt}`);
    const isOpen = state === "RUNNING" || !isTerminal(answer.status as never);
    check(
      isOpen || dec(reserved_usdt) === zero,
      () => `7: intent ${intent_id} is done but still reserves ${reserved_usdt}`,
    );
  }
}

/** 3: our fills and the venue's trades are the same, in every decimal. */
async function judgeFills(venue: Venue, s04: Store, check: Check): Promise<void> {
  const line = (id: string, values: string[]) => `${id}: ${values.join(" ")}`;
  const theirs = venue
    .trades()
    .map((t) => line(`${t.instrument}/${t.trade_id}`, [show(t.price), show(t.qty), show(t.fee), t.fee_asset]));
  const ours = (await readAll(s04, fillsKept)).map((f) =>
    line(`${f.instrument}/${f.fill_id}`, [show(dec(f.price)), show(dec(f.qty)), show(dec(f.fee)), f.fee_asset]),
  );
  const [theirSet, ourSet] = [new Set(theirs), new Set(ours)];
  for (const trade of theirs) check(ourSet.has(trade), () => `3: the venue's trade ${trade} is not among our fills`);
  for (const fill of ours) check(theirSet.has(fill), () => `3: our fill ${fill} is no trade of the venue`);
}

/** 5: what we hold is what the venue says we hold. */
function judgePositions(venue: Venue, ours: readonly Holding[], check: Check): void {
  for (const { instrument, qty } of venue.positions()) {
    const held = ours.find((holding) => holding.instrument === instrument);
    const size = dec(held?.qty ?? "0");
    const holds = held?.side === "SELL" ? neg(size) : size;
    check(holds === qty, () => `5: ${instrument} is ${show(qty)} at the venue, ${show(holds)} in our books`);
  }
}

/** 4 and 6 in the trades: quantities add up, profit is what the parts say. */
async function judgeTrades(venue: Venue, store: JudgeParts["store"], check: Check): Promise<void> {
  for (const trade of await readAll(store("s06"), tradesKept)) {
    const { trade_id, status, open_qty } = trade;
    const rest = sub(sub(dec(trade.entry_qty), dec(trade.exit_qty)), dec(trade.adjusted_qty ?? "0"));
    const listing = venue.exchange.state.listings.get(trade.instrument);
    // What is left of a spot trade below the step is dust: it stays in the wallet and leaves the trade.
    const isDust = status === "CLOSED" && listing !== undefined && rest >= zero && rest < listing.step;
    check(rest === dec(open_qty) || isDust, () => `5: trade ${trade_id} is open by ${open_qty}, not ${show(rest)}`);
    const pnl = add(sub(dec(trade.realised_usdt), dec(trade.fees_usdt)), dec(trade.funding_usdt));
    check(pnl === dec(trade.pnl_usdt), () => `6: trade ${trade_id} says ${trade.pnl_usdt}, its parts ${show(pnl)}`);
  }
}
