/** Keeps a replica's share of its service's shards: takes free leases, renews them, gives them up, notices losing one. */
import type { Logger } from "pino";
import { Problem } from "../errors.ts";
import { leaseName } from "./fences.ts";
import type { Instance } from "./instance.ts";
import type { Cancel, Clock, Directory, Lock, ServiceId } from "./ports.ts";
import { type Member, readMembers, replicasGroup } from "./replicas.ts";
import { decideShare } from "./share.ts";
import { Term } from "./term.ts";

/** How often it looks whether there is something to take, so that a hand-over in order takes less than a second. */
const LOOK_MS = 250;
const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;
/** Parts of a term: how often it says that it is there, and how long it leaves to others what it has given up. */
const ANNOUNCEMENTS = 3;
const REST_TERMS = 1;

export interface KeeperParts {
  service: ServiceId;
  /** How many shards the service has. */
  count: number;
  /** The place of this replica, where no second process can be. */
  place: string;
  /** Where others reach it. */
  url: string;
  leaseMs: number;
  clock: Clock;
  lock: Lock;
  directory: Directory;
  log: Pick<Logger, "info" | "warn" | "error">;
  /** Throws, or its `started` rejects, when the shard cannot be run here. */
  begin(shard: number, term: Term, onPassed: (where: string) => void): Instance;
}

interface Holding {
  shard: number;
  term: Term;
  instance: Instance;
}
interface Failure {
  count: number;
  retryAt: number;
  why: string;
}

export class Keeper {
  readonly #parts: KeeperParts;
  readonly #holdings = new Map<number, Holding>();
  readonly #failures = new Map<number, Failure>();
  #others: Member[] = [];
  /** Why nobody can be asked for leases just now. */
  #away: string | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #restUntil = Number.NEGATIVE_INFINITY;
  readonly #leaving = new Map<number, Promise<void>>();
  #stopping = false;
  #ended = false;
  #cancel: Cancel | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Resolves when what this replica could take at once runs; rejects when a shard cannot be started. */
  async start(): Promise<void> {
    this.#round = this.#look();
    await this.#round;
    this.#next();
    const instances = [...this.#holdings.values()].map((holding) => holding.instance);
    await Promise.all(instances.map((instance) => instance.started.catch(unlessLost)));
  }

  /** Gives everything back in order, so that others take over at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#round;
    const { service, place, directory } = this.#parts;
    const left = directory.leave(replicasGroup(service), place).catch(() => {});
    const failures: unknown[] = [];
    const given = [...this.#holdings.values()].map((holding) => this.#giveUp(holding).catch((e) => failures.push(e)));
    await Promise.all([left, ...given]);
    this.#ended = true;
    this.#cancel?.();
    if (failures.length > 0) throw failures[0];
  }

  instance(shard: number): Instance | undefined {
    return this.#holdings.get(shard)?.instance;
  }

  get held(): number[] {
    return [...this.#holdings.keys()].toSorted((a, b) => a - b);
  }

  /** What other replicas say of themselves, as last heard. */
  get others(): readonly Member[] {
    return this.#others;
  }

  /** Shards that it has tried to run in vain, and has not run since. */
  get failing(): number[] {
    return [...this.#failures.keys()];
  }

  /** Asks now what others say of themselves; keeps what is known when nobody can be asked. */
  async refresh(): Promise<void> {
    const { service, place, directory } = this.#parts;
    const members = readMembers(await directory.members(replicasGroup(service)));
    this.#others = members.filter((member) => member.place !== place);
  }

  /** What is wrong with the shards here; undefined when nothing is. */
  trouble(): string | undefined {
    const failed = [...this.#failures].map(([shard, { why }]) => `shard ${shard} does not start: ${why}`);
    const late = [...this.#holdings.values()].filter(({ term }) => !term.isHeld()).map(({ shard }) => shard);
    if (late.length > 0) failed.push(`no lease could be renewed for shard ${late.join(", ")}`);
    if (this.#away !== undefined) failed.push(this.#away);
    return failed.length > 0 ? failed.join("; ") : undefined;
  }

  #next(): void {
    if (this.#ended) return;
    const { clock, leaseMs } = this.#parts;
    this.#cancel = clock.after(Math.min(LOOK_MS, leaseMs / ANNOUNCEMENTS), () => {
      this.#round = this.#look();
      return this.#round.then(() => this.#next());
    });
  }

  async #look(): Promise<void> {
    await Promise.all([...this.#holdings.values()].map((holding) => this.#renew(holding)));
    if (this.#stopping) return;
    try {
      await this.#announce();
      await this.refresh();
      await this.#share();
      this.#away = undefined;
    } catch (error) {
      this.#away = `leases cannot be asked for: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** One whose lease cannot be asked about goes on: what it writes to would tell it that it was passed. */
  async #renew({ shard, term, instance }: Holding): Promise<void> {
    if (!term.isDue()) return;
    try {
      if (!(await term.renew())) this.#lose(shard, instance, "renewing");
    } catch (error) {
      if (!term.isHeld()) this.#parts.log.warn({ shard, error: String(error) }, "a lease could not be renewed in time");
    }
  }

  /** `isNews`: what it holds has changed. */
  async #announce(isNews = false): Promise<void> {
    const { service, place, url, directory, clock, leaseMs } = this.#parts;
    const now = clock.mono();
    if (this.#stopping || (!isNews && now < this.#saidAt + leaseMs / ANNOUNCEMENTS)) return;
    const about = JSON.stringify({ url, shards: this.held, failing: this.failing } satisfies Omit<Member, "place">);
    await directory.announce(replicasGroup(service), place, about, leaseMs);
    this.#saidAt = now;
  }

  async #share(): Promise<void> {
    const { clock, count } = this.#parts;
    const others = this.#others.map((member) => member.shards);
    const failing = this.#others.flatMap((member) => member.failing);
    const { take, give } = decideShare(this.held, others, count, failing);
    const holding = give === undefined ? undefined : this.#holdings.get(give);
    // One after the other, so that whoever takes them is heard of before the next one goes.
    if (holding && this.#leaving.size === 0) void this.#giveUp(holding).catch((error) => this.#failed(holding, error));
    if (clock.mono() < this.#restUntil) return;
    const mayTry = take.filter((shard) => clock.mono() >= (this.#failures.get(shard)?.retryAt ?? 0));
    const taken = await Promise.all(mayTry.map((shard) => this.#take(shard)));
    // Also those that failed: whoever has its share already takes them only when told.
    const isNews = taken.includes(true) || mayTry.some((shard) => this.#failures.has(shard));
    if (isNews) await this.#announce(true);
  }

  async #take(shard: number): Promise<boolean> {
    const { service, lock, leaseMs, place, clock } = this.#parts;
    const name = leaseName(service, shard);
    const askedAt = clock.mono();
    const lease = await lock.acquire(name, leaseMs, place);
    if (!lease) return false;
    const term = new Term({ name, lease, ttlMs: leaseMs, clock, askedAt });
    if (this.#stopping) {
      await term.release();
      return false;
    }
    try {
      const instance = this.#parts.begin(shard, term, (where) => this.#lose(shard, instance, where));
      this.#holdings.set(shard, { shard, term, instance });
      instance.started.then(
        () => this.#failures.delete(shard),
        (error) => this.#failed({ shard, term, instance }, error),
      );
      this.#parts.log.info({ shard, fence: term.fence }, "holds a shard");
      return true;
    } catch (error) {
      this.#noteFailure(shard, error);
      await term.release();
      return false;
    }
  }

  /** In order: stopped, then released, then said. */
  #giveUp(holding: Holding): Promise<void> {
    const leaving = this.#leaving.get(holding.shard) ?? this.#stopAndRelease(holding);
    this.#leaving.set(holding.shard, leaving);
    return leaving;
  }

  async #stopAndRelease({ shard, term, instance }: Holding): Promise<void> {
    try {
      await instance.stop();
    } finally {
      this.#leaving.delete(shard);
      this.#forget(shard, instance);
      await term.release().catch(() => {});
      this.#restUntil = this.#parts.clock.mono() + this.#parts.leaseMs * REST_TERMS;
      this.#parts.log.info({ shard }, "gave a shard up");
      await this.#announce(true).catch(() => {});
    }
  }

  #lose(shard: number, instance: Instance, where: string): void {
    instance.leave();
    if (!this.#forget(shard, instance)) return;
    this.#parts.log.warn({ shard, where }, "lost a shard: somebody else has its lease");
    this.#announce(true).catch(() => {});
  }

  #failed({ shard, term, instance }: Holding, error: unknown): void {
    instance.leave();
    // Given up while it was starting: nothing has failed.
    if (this.#leaving.has(shard)) return;
    if (!this.#forget(shard, instance)) return;
    this.#noteFailure(shard, error);
    term
      .release()
      .then(() => this.#announce(true))
      .catch(() => {});
  }

  #noteFailure(shard: number, error: unknown): void {
    const count = (this.#failures.get(shard)?.count ?? 0) + 1;
    const retryAt = this.#parts.clock.mono() + Math.min(RETRY_MS * 2 ** (count - 1), RETRY_MS_MAX);
    const why = error instanceof Error ? error.message : String(error);
    this.#failures.set(shard, { count, retryAt, why });
    this.#parts.log.error({ shard, error: String(error) }, "a shard could not be started");
  }

  #forget(shard: number, instance: Instance): boolean {
    return this.#holdings.get(shard)?.instance === instance && this.#holdings.delete(shard);
  }
}

/** Losing a shard is nothing wrong with it. */
function unlessLost(error: unknown): void {
  if (!(error instanceof Problem && error.code === "NOT_OWNER")) throw error;
}
