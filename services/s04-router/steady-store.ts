/**
 * The router's store with a journal behind it: while the store is away, what must not wait is written there first.
 *
 * The first commit that the store does not take, or not in time, begins it. From then on nothing goes to the store but
 * what was put aside, in the order in which it came, until all of it is there and the store answers as fast as it must.
 */
import { put } from "../../shared/changes.ts";
import { routerMarks } from "../../shared/collections/orders.ts";
import { asProblem, Problem, refuse } from "../../shared/errors.ts";
import { instead } from "../../shared/kit/instead.ts";
import type { Clock, Journal, Op, Store } from "../../shared/kit/ports.ts";
import { BEGUN_MARK } from "../../shared/restored.ts";
import type { Alert } from "../../shared/streams.ts";
import { type Aside, asideText, ofLate, readAside, wasTaken } from "./aside.ts";

/** How a commit is made: `risk` is not put aside, but refused while the store is away. */
export interface CommitOptions {
  sync?: "normal" | "full";
  risk?: boolean;
}
export interface RouterStore extends Store {
  commit(ops: readonly Op[], options?: CommitOptions): Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly settings: { readonly storeWaitMs: number };
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

/** A read may take so many times as long as a commit. */
const READ_WAITS = 5;
/** So many are told to the store in one commit. */
const MERGED_AT_ONCE = 50;
/** Under which the store remembers what it has taken out of the journal. */
const MARK = { stream: "journal", group: "s04" } as const;

export class SteadyStore {
  readonly store: RouterStore;
  private readonly parts: Parts;
  private why: string | undefined;
  /** Written, and not in the store yet. */
  private kept: Aside[] = [];
  private number = 0;
  /** On their way into the journal. */
  private writes = 0;
  private readonly run: string;
  /** Who may have begun on the store last for what was put aside to follow on it. */
  private readonly followed = new Set<string>();
  private after: string | undefined;
  private readonly underWay = new Set<Promise<unknown>>();
  private writing: Promise<unknown> = Promise.resolve();
  private merging: Promise<void> | undefined;
  /** What is open, for a start without the store; undefined: that is not known yet. */
  picture: () => Op[] | undefined = () => undefined;
  /** The store has everything, and nothing that adds risk is let in yet: throws while it cannot be read. */
  returning: () => Promise<void> = async () => {};
  /** The store is back. */
  back: () => Promise<void> = async () => {};

  constructor(parts: Parts) {
    this.parts = parts;
    this.run = String(Math.floor(parts.clock.now()));
    this.followed.add(this.run);
    const { store } = parts;
    this.store = instead<RouterStore>(store, {
      get: (...asked) => this.read(store.get(...asked)),
      query: (...asked) => this.read(store.query(...asked)),
      count: (...asked) => this.read(store.count(...asked)),
      commit: (ops, options = {}) => this.commit(ops, options),
    });
  }

  /** Why nothing that adds risk may begin; undefined: the store is there. */
  away(): string | undefined {
    return this.why === undefined ? undefined : `the store is away: ${this.why}`;
  }

  /** Reads what earlier processes put aside, and tells it to the store, if it is there. */
  async start(): Promise<void> {
    this.kept = (await this.parts.journal.read()).map(readAside);
    // Also takes the room for what may come.
    if (this.kept.length === 0) return this.begin();
    const numbers = this.kept
      .filter(({ id }) => id.startsWith(`${this.run}-`))
      .map(({ id }) => Number(id.split("-")[1]));
    this.number = Math.max(0, ...numbers);
    for (const { id, after } of this.kept) {
      this.followed.add(runOf(id));
      if (after !== undefined) this.followed.add(after);
    }
    this.parts.warn("what was put aside is told to the store", { commits: this.kept.length });
    this.why = "it has not taken yet what was put aside";
    await this.merge();
  }

  /** Where the store takes no more than reading, the journal still says whom it follows. */
  private async begin(): Promise<void> {
    await this.clear();
    this.after = await this.begunLast();
    if (this.after !== undefined) this.followed.add(this.after);
    await this.inTime(this.parts.store.commit([this.begun()])).catch((error: unknown) =>
      this.parts.warn("that it begins could not be stored", { error: String(error) }),
    );
  }

  private async begunLast(): Promise<string | undefined> {
    const row = await this.store.get(routerMarks, BEGUN_MARK);
    return row && String(row.value.value);
  }

  private begun(): Op {
    return put(routerMarks, { id: BEGUN_MARK, value: this.run, ts: this.parts.clock.now() });
  }

  /** What was open when the store went away and all that has changed since, in order; undefined: nobody knows. */
  open(): readonly Op[] | undefined {
    const from = this.kept.findLastIndex(({ isPicture }) => isPicture);
    return from < 0 ? undefined : this.kept.slice(from).flatMap(({ ops }) => ops);
  }

  private async commit(ops: readonly Op[], { sync = "normal", risk = false }: CommitOptions): Promise<void> {
    if (this.why !== undefined) {
      if (risk) refuse("UNAVAILABLE", `no entries now: ${this.away()}`, { retryAfterMs: 1_000 });
      return this.keep({ ops });
    }
    try {
      const work = this.parts.store.commit(ops, { sync });
      const ended = () => void this.underWay.delete(work);
      this.underWay.add(work);
      work.then(ended, ended);
      await this.inTime(work);
    } catch (error) {
      const problem = asProblem(error);
      // What it refuses, it has heard.
      if (problem.status < 500 || problem.code === "INTERNAL") throw error;
      this.leave(problem);
      if (risk) throw problem;
      return this.keep({ ops, maybe: true });
    }
    // It was under way when the store went away: whoever starts without the store needs it too.
    if (this.why !== undefined) await this.keep({ ops, maybe: true });
  }

  /** Of a store that answers much may be asked at once, as at a start; of one that is away nothing is expected. */
  private async read<T>(work: Promise<T>): Promise<T> {
    const { storeWaitMs } = this.parts.settings;
    try {
      return await this.inTime(work, this.why === undefined ? storeWaitMs * READ_WAITS : storeWaitMs);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === "UNAVAILABLE") this.leave(problem);
      throw error;
    }
  }

  /** Fails with UNAVAILABLE when it takes too long; it may have its effect all the same. */
  private inTime<T>(work: Promise<T>, ms = this.parts.settings.storeWaitMs): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Problem("UNAVAILABLE", `no answer in ${ms} ms`));
      const cancel = this.parts.clock.after(ms, late);
      work.finally(cancel).then(resolve, reject);
    });
  }

  private leave(problem: Problem): void {
    if (this.why !== undefined) return;
    this.why = problem.message;
    const what = `the order router's store is away: ${problem.message}`;
    this.parts.alert("ERROR", "STORE_AWAY", what, "entries are refused; exits go on, kept in the journal");
    const open = this.picture();
    // Whoever starts from an empty one takes what is held for nothing.
    if (!open) return;
    this.keep({ ops: open, isPicture: true }).catch((error) =>
      this.parts.warn("what is open could not be put aside", { error: String(error) }),
    );
  }

  private keep(what: Omit<Aside, "id">): Promise<void> {
    const after = this.after === undefined ? {} : { after: this.after };
    const aside: Aside = { id: `${this.run}-${++this.number}`, ...after, ...what };
    this.writes++;
    const written = this.write(async () => {
      await this.parts.journal.append(asideText(aside));
      this.kept.push(aside);
    });
    return written.finally(() => {
      this.writes--;
    });
  }

  private clear(): Promise<void> {
    return this.write(() => this.parts.journal.clear()).catch((error: unknown) =>
      this.parts.warn("the journal could not be cleared", { error: String(error) }),
    );
  }

  /** One after the other: what is cleared was written before. */
  private write(work: () => Promise<void>): Promise<void> {
    const turn = this.writing.then(work);
    this.writing = turn.catch(() => {});
    return turn;
  }

  /** Tells the store what was put aside, if it is there by now; asked again and again while it is away. */
  merge(): Promise<void> {
    if (this.why === undefined) return Promise.resolve();
    this.merging ??= this.tryMerge()
      .catch((error: unknown) => {
        this.parts.warn("the store is still away", { error: String(error), commits: this.kept.length });
      })
      .finally(() => {
        this.merging = undefined;
      });
    return this.merging;
  }

  private async tryMerge(): Promise<void> {
    const { store, clock, settings } = this.parts;
    do {
      // One that was given up may still arrive: nothing that comes later in the books may be there before it.
      await Promise.allSettled([...this.underWay]);
      const last = await this.begunLast();
      const isLate = last !== undefined && !this.followed.has(last);
      while (this.kept.length > 0) await this.mergeSome(this.kept.slice(0, MERGED_AT_ONCE), isLate);
      const asked = clock.mono();
      await store.commit([this.begun()], { sync: "full" });
      const tookMs = Math.round(clock.mono() - asked);
      if (tookMs > settings.storeWaitMs) throw new Problem("UNAVAILABLE", `it took ${tookMs} ms to answer`);
      await this.returning();
      await this.writing;
    } while (this.kept.length > 0 || this.writes > 0);
    this.why = undefined;
    void this.clear();
    this.parts.alert("INFO", "STORE_BACK", "the order router's store is back", "it has what was put aside meanwhile");
    await this.back();
  }

  /** In one commit, each marked as taken, so that none is told twice whatever becomes of the answer. */
  private async mergeSome(some: readonly Aside[], isLate: boolean): Promise<void> {
    const { store } = this.parts;
    const ops: Op[] = [];
    for (const aside of some) {
      if (aside.isPicture || (await store.isDone(MARK.stream, MARK.group, aside.id))) continue;
      if (isLate && runOf(aside.id) !== this.run) ops.push(...ofLate(aside));
      else if (!(aside.maybe && (await wasTaken(store, aside)))) ops.push(...aside.ops);
      ops.push({ op: "done", ...MARK, id: aside.id });
    }
    await store.commit(ops, { sync: "full" });
    this.kept.splice(0, some.length);
  }
}

const runOf = (id: string): string => id.slice(0, id.indexOf("-"));
