/**
 * The account's one risk budget where several shards take from it: the Quota port is the arbiter.
 *
 * It holds at least what the books of each shard say is at risk: an entry's worst case from before the entry is stored,
 * a holding's from before its entry's is given back. Beside that, each shard has a mark in it: my part is in here. Marks
 * are numbered; a shard that finds its mark or a part of its own gone restores its part and signs with the next number,
 * upon which all others do the same. An entry passes only beside the marks of all shards, of one number: an arbiter
 * that has forgotten something lets nobody in before every shard has told it again.
 */
import { put } from "../../shared/changes.ts";
import { routerMarks } from "../../shared/collections/orders.ts";
import { type Amount, dec, fromSteps, show, toStep, toSteps } from "../../shared/domain/money.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { refuse } from "../../shared/errors.ts";
import { budgetName } from "../../shared/keys.ts";
import type { OrdersBook } from "./orders-book.ts";
import { Pump } from "./pump.ts";
import type { Ports } from "./types.ts";

export const COMPARE_EVERY_MS = 10_000;
const ASK_AGAIN_MS = 1_000;

/** The arbiter counts in millionths of a USDT. */
const UNIT = dec("0.000001");
const units = (amount: Amount, rounding: "up" | "down"): number => toSteps(toStep(amount, UNIT, rounding), UNIT);

/** A reservation's id begins with its instrument, so that every shard knows its own. No intent is called `#held`. */
const idOf = (instrument: string, what: string): string => `${instrument}/${what}`;
const HELD = "#held";
/** `#mark/<shard>/<number>`: a reservation of nothing. */
const MARK = "#mark";
const markOf = (shard: number, number: number): string => `${MARK}/${shard}/${number}`;

type Listed = readonly { id: string; amount: number }[];
type Books = Pick<OrdersBook, "running" | "holdings">;
type Parts = Pick<Ports, "account" | "clock" | "quota" | "shard" | "store" | "config" | "alert" | "warn">;

export class SharedBudget {
  private readonly ports: Parts;
  private readonly book: Books;
  private readonly name: string;
  private readonly pump: Pump;
  /** What the arbiter holds of ours, and what it may hold since an answer was lost. */
  private known = new Map<string, number>();
  /** Reserved, or about to be, for entries that are not in the books yet. */
  private readonly admitting = new Set<string>();
  /** The number of our mark; 0 before the first comparison. */
  private signed = 0;
  /** Marks of ours that the arbiter has, the one in force and what a crash has left. */
  private marks: string[] = [];
  private begun = false;
  private compareDue = false;
  private doubted = false;
  private isAway = false;

  constructor(ports: Parts, book: Books) {
    this.ports = ports;
    this.book = book;
    this.name = budgetName(ports.account);
    const look = () => this.look();
    this.pump = new Pump(ports.clock, look, (_key, error) => this.failed(error));
  }

  /** The books are loaded: from now on they are compared. Before that they would seem to need nothing. */
  begin(): void {
    this.begun = true;
    this.compare();
  }

  stop(): void {
    this.pump.stop();
  }

  /** Soon, and until the arbiter has answered. */
  compare(): void {
    this.compareDue = true;
    this.poke();
  }

  /** The arbiter may have lost something that nobody can tell: every shard restores its part before entries pass. */
  doubt(): void {
    this.doubted = true;
    this.compare();
  }

  /** The books have changed. */
  poke(): void {
    if (this.begun) this.pump.poke(this.name);
  }

  /**
   * Stores an entry beside its reservation. BUDGET: the account has no room for it. UNAVAILABLE: nobody can tell now,
   * since the arbiter is away, or is being restored, or still has an earlier try of the same entry.
   */
  async within(
    intent: Pick<Intent, "instrument" | "intent_id">,
    need: Amount,
    store: () => Promise<unknown>,
  ): Promise<void> {
    const id = idOf(intent.instrument, intent.intent_id);
    if (this.signed === 0) notNow("the risk budget is not compared yet");
    if (this.known.has(id)) notNow("an earlier try of this entry is being given back");
    this.admitting.add(id);
    try {
      await this.reserve(id, need);
      await store();
    } finally {
      this.admitting.delete(id);
      this.poke();
    }
  }

  private async reserve(id: string, need: Amount): Promise<void> {
    const { quota, config } = this.ports;
    const { budget_usdt } = config().bundle.flags.risk;
    const amount = units(need, "up");
    this.known.set(id, amount);
    if (!(await asked(quota.reserve(this.name, id, amount, units(dec(budget_usdt), "down"))))) {
      this.known.delete(id);
      const used = show(fromSteps(await asked(quota.used(this.name)), UNIT));
      refuse("BUDGET", `needs ${show(fromSteps(amount, UNIT))} USDT; ${used} of ${budget_usdt} are taken`);
    }
    const listed = await asked(quota.list(this.name));
    const reserved = listed.find((row) => row.id === id)?.amount ?? 0;
    if (reserved >= amount && this.isWhole(listed)) return;
    this.compare();
    notNow("the risk budget is being restored");
  }

  private isWhole(listed: Listed): boolean {
    const marks = marksIn(listed);
    const shards = Array.from({ length: this.ports.shard.count }, (_, index) => index);
    return this.signed > 0 && shards.every((index) => marks.get(index) === this.signed);
  }

  private async look(): Promise<undefined> {
    const { compareDue, doubted } = this;
    this.compareDue = false;
    this.doubted = false;
    try {
      await this.settle(compareDue ? await this.learn(doubted) : this.signed);
    } catch (error) {
      this.compareDue = true;
      this.doubted ||= doubted;
      throw error;
    }
    if (this.isAway) this.ports.warn("the risk budget can be asked again");
    this.isAway = false;
  }

  private failed(error: unknown): void {
    if (!this.isAway) this.ports.warn("the risk budget cannot be asked: no entries", { error: String(error) });
    this.isAway = true;
  }

  /** Asks what the arbiter holds; answers the number that our mark should have. */
  private async learn(doubted: boolean): Promise<number> {
    const { quota, shard, alert } = this.ports;
    const before = new Map([...this.known].filter(([id]) => !this.admitting.has(id)));
    const listed = await quota.list(this.name);
    const ours = listed.filter(({ id }) => !id.startsWith(MARK) && shard.owns(id.slice(0, id.indexOf("/"))));
    const held = new Map(ours.map(({ id, amount }) => [id, amount]));
    const marks = marksIn(listed);
    const own = marks.get(shard.index) ?? 0;
    const lost = own < Math.max(1, this.signed) || this.hasLost(before, held);
    if (lost && this.signed > 0) {
      alert("WARN", "BUDGET_RESTORED", "The risk budget's arbiter has lost what it held", "told again; entries wait");
    }
    // Entries admitted meanwhile may not be in the answer.
    for (const [id, amount] of this.known) if (!before.has(id)) held.set(id, amount);
    this.known = held;
    this.marks = listed.map(({ id }) => id).filter((id) => id.startsWith(`${MARK}/${shard.index}/`));
    return Math.max(...marks.values(), lost || doubted ? Math.max(own, this.signed) + 1 : own);
  }

  /** Something that was known to be there, and is at risk still, is not there; or, after a start, less than is at risk. */
  private hasLost(before: ReadonlyMap<string, number>, held: ReadonlyMap<string, number>): boolean {
    const atRisk = this.atRisk();
    if (this.signed === 0) return total(held) < total(atRisk);
    return [...before].some(([id, amount]) => (held.get(id) ?? 0) < Math.min(amount, atRisk.get(id) ?? 0));
  }

  /** Brings the arbiter to what the books say, and signs it. Raises first, so that nothing is uncovered in between. */
  private async settle(number: number): Promise<void> {
    const { quota } = this.ports;
    const atRisk = this.atRisk();
    const before = new Map(this.known);
    const spare = [...before].filter(([id, amount]) => !this.admitting.has(id) && amount > (atRisk.get(id) ?? 0));
    for (const [id, amount] of atRisk) {
      if ((before.get(id) ?? 0) >= amount) continue;
      await quota.set(this.name, id, amount);
      this.known.set(id, amount);
    }
    if (spare.length === 0 && number === this.signed) return;
    await this.prove();
    for (const [id] of spare) await this.lower(id, atRisk.get(id));
    if (number !== this.signed) await this.sign(number);
  }

  private async lower(id: string, amount: number | undefined): Promise<void> {
    const { quota } = this.ports;
    if (amount === undefined) {
      await quota.release(this.name, id);
      this.known.delete(id);
    } else {
      await quota.set(this.name, id, amount);
      this.known.set(id, amount);
    }
  }

  private async sign(number: number): Promise<void> {
    const { quota, shard } = this.ports;
    const mark = markOf(shard.index, number);
    await quota.set(this.name, mark, 0);
    this.signed = number;
    const old = this.marks.filter((id) => id !== mark);
    this.marks = [mark];
    for (const id of old) await quota.release(this.name, id);
  }

  /** Who may no longer write these books must neither give back nor sign for them: its commit is refused. */
  private async prove(): Promise<void> {
    const { store, clock } = this.ports;
    await store.commit([put(routerMarks, { id: "budget", value: this.signed, ts: clock.now() })], { risk: true });
  }

  /** Of a holding under its entry's id: what the entry has reserved passes to it with nothing to be told. */
  private atRisk(): Map<string, number> {
    const amounts = new Map<string, number>();
    const count = (instrument: string, what: string, usdt: string) => {
      const id = idOf(instrument, what);
      if (usdt !== "0") amounts.set(id, (amounts.get(id) ?? 0) + units(dec(usdt), "up"));
    };
    for (const row of this.book.running()) count(row.instrument, row.intent_id, row.reserved_usdt);
    for (const row of this.book.holdings()) count(row.instrument, row.entry_intent_id ?? HELD, row.reserved_usdt);
    return amounts;
  }
}

/** The highest number of each shard. */
function marksIn(listed: Listed): Map<number, number> {
  const marks = new Map<number, number>();
  for (const { id } of listed) {
    const [kind, shard, number] = id.split("/");
    if (kind === MARK) marks.set(Number(shard), Math.max(Number(number), marks.get(Number(shard)) ?? 0));
  }
  return marks;
}

const total = (amounts: ReadonlyMap<string, number>): number => [...amounts.values()].reduce((a, b) => a + b, 0);

const notNow = (why: string): never => refuse("UNAVAILABLE", why, { retryAfterMs: ASK_AGAIN_MS });

/** Whatever keeps the arbiter from answering keeps entries from passing. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    return refuse("UNAVAILABLE", "the risk budget cannot be asked now", { cause, retryAfterMs: ASK_AGAIN_MS });
  }
}
