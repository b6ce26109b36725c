/** Takes runs that others have queued and works them on threads of its own; one that dies leaves them to others. */
import { workAnswer, workGround, workStopped } from "../keys.ts";
import type { Blobs, Clock, Schedule } from "../kit/ports.ts";
import type { Crew, Task, Workers } from "../kit/workers.ts";
import { sentError, threadDied } from "./crew-errors.ts";
import {
  type Answer,
  answersQueue,
  itemId,
  LEASE_MS,
  packed,
  RENEW_MS,
  TRIES_MAX,
  unpacked,
  unpackedShared,
  WORK_QUEUE,
  WorkItem,
} from "./queue/work.ts";

/** Of whatever ground and input: what they are was agreed by who exports the task. */
export type AnyTask = Task<never, never, unknown>;

export interface QueueWorkerParts {
  readonly schedule: Schedule;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly workers: Workers;
  /** Those that it works; others stay for workers that know them. */
  readonly tasks: readonly AnyTask[];
  /** Runs at once. */
  readonly size: number;
  onError(error: unknown): void;
}

const LOOK_MS = 500;

interface Known {
  readonly id: string;
  readonly item: WorkItem;
  readonly task: AnyTask;
}
interface Opened {
  readonly crew: Crew<unknown, unknown>;
  users: number;
}

export class QueueWorker {
  readonly #parts: QueueWorkerParts;
  readonly #crews = new Map<string, Promise<Opened | undefined>>();
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();

  constructor(parts: QueueWorkerParts) {
    this.#parts = parts;
  }

  /** Until nothing has been there to do for so long, or it is asked to stop. Throws where the queue never answered. */
  async run(idleMs: number): Promise<void> {
    const { clock, onError } = this.#parts;
    let busyAt = clock.mono();
    let hasAnswered = false;
    while (!this.#ending.signal.aborted && clock.mono() - busyAt < idleMs) {
      const { seen, taken } = await this.#take().catch((error: unknown) => {
        onError(error);
        return { seen: -1, taken: 0 };
      });
      hasAnswered ||= seen >= 0;
      if (taken > 0 || this.#running.size > 0) busyAt = clock.mono();
      if (seen <= 0) await clock.sleep(LOOK_MS, this.#ending.signal).catch(() => {});
    }
    await Promise.all(this.#running);
    for (const opened of this.#crews.values()) await (await opened)?.crew.close();
    if (!hasAnswered && !this.#ending.signal.aborted)
      throw new Error("The queue did not answer in all that time: CHIMERA_REDIS_URL says where it is.");
  }

  /** What it is at goes back to the queue, for another worker at once. */
  stop(): void {
    this.#ending.abort(new Error("the worker stops"));
  }

  /** How many were there, and how many of them it works. */
  async #take(): Promise<{ seen: number; taken: number }> {
    const { schedule, clock, size } = this.#parts;
    const limit = size - this.#running.size;
    if (limit <= 0) return { seen: 0, taken: 0 };
    const claimed = await schedule.claim(WORK_QUEUE, clock.now(), { limit, leaseMs: LEASE_MS });
    const known = claimed.flatMap(({ id, payload }) => this.#known(id, payload) ?? []);
    for (const item of known) {
      const working = this.#carry(item).catch(this.#parts.onError);
      this.#running.add(working);
      void working.finally(() => this.#running.delete(working));
    }
    return { seen: claimed.length, taken: known.length };
  }

  /** Undefined for one of another version, which has workers of its own. */
  #known(id: string, payload: unknown): Known | undefined {
    const { data: item } = WorkItem.safeParse(payload);
    const task = this.#parts.tasks.find(({ name }) => name === item?.task);
    return item && task && id === itemId(item) ? { id, item, task } : undefined;
  }

  async #carry({ id, item, task }: Known): Promise<void> {
    const { schedule } = this.#parts;
    if (!(await this.#isWanted(item))) return schedule.done(WORK_QUEUE, id);
    if (item.tries >= TRIES_MAX) return this.#answer(item, { error: sentError(threadDied()) });
    await this.#sign({ ...item, tries: item.tries + 1 });
    const opened = await this.#open(item.crew, task);
    if (!opened) return schedule.done(WORK_QUEUE, id);
    opened.users++;
    try {
      await this.#work(item, opened.crew);
    } finally {
      opened.users--;
      await this.#closeUnused(item.crew, opened);
    }
  }

  /** A sign of life: nobody else takes it meanwhile. */
  #sign(item: WorkItem): Promise<void> {
    const { schedule, clock } = this.#parts;
    return schedule.put(WORK_QUEUE, itemId(item), clock.now() + LEASE_MS, item);
  }

  async #isWanted({ crew, run }: WorkItem): Promise<boolean> {
    const { blobs } = this.#parts;
    const ground = workGround(crew);
    const { items } = await blobs.list(ground, { limit: 1 });
    return items.some(({ key }) => key === ground) && (await blobs.get(workStopped(crew, run))) === undefined;
  }

  async #work(item: WorkItem, crew: Crew<unknown, unknown>): Promise<void> {
    const { schedule, clock } = this.#parts;
    const unwanted = new AbortController();
    const signal = AbortSignal.any([unwanted.signal, this.#ending.signal]);
    let isOver = false;
    const renewing = clock.every(RENEW_MS, async () => {
      const isWanted = await this.#isWanted(item).catch(() => true);
      if (isOver) return;
      if (isWanted) await this.#sign({ ...item, tries: item.tries + 1 }).catch(() => {});
      else unwanted.abort(new Error("nobody waits for it"));
    });
    const run = async () => crew.run(unpacked(Buffer.from(item.input, "base64")), { signal });
    const answer = await run()
      .then((output): Answer => ({ output }))
      .catch((error: unknown): Answer => ({ error: sentError(error) }));
    isOver = true;
    renewing();
    if (unwanted.signal.aborted) return schedule.done(WORK_QUEUE, itemId(item));
    if (this.#ending.signal.aborted && "error" in answer) {
      return schedule.put(WORK_QUEUE, itemId(item), clock.now(), item);
    }
    await this.#answer(item, answer);
  }

  async #answer(item: WorkItem, answer: Answer): Promise<void> {
    const { schedule, blobs, clock } = this.#parts;
    await blobs.put(workAnswer(item.crew, item.run), packed(answer));
    await schedule.put(answersQueue(item.crew), String(item.run), clock.now(), null);
    await schedule.done(WORK_QUEUE, itemId(item));
  }

  /** Undefined where the ground is gone. */
  async #open(id: string, task: AnyTask): Promise<Opened | undefined> {
    const { blobs, workers, size } = this.#parts;
    const opening =
      this.#crews.get(id) ??
      blobs.get(workGround(id)).then((bytes) => {
        if (!bytes) return undefined;
        const crew = workers.open(task, unpackedShared(bytes) as never, size) as Crew<unknown, unknown>;
        return { crew, users: 0 };
      });
    this.#crews.set(id, opening);
    const opened = await opening.catch((error: unknown) => {
      this.#crews.delete(id);
      throw error;
    });
    if (!opened) this.#crews.delete(id);
    return opened;
  }

  /** A ground may be large: only the last one's is kept, as more runs of it may come. */
  async #closeUnused(id: string, { users }: Opened): Promise<void> {
    if (users > 0) return;
    for (const [other, opening] of this.#crews) {
      const opened = await opening.catch(() => undefined);
      if (other === id || !opened || opened.users > 0) continue;
      this.#crews.delete(other);
      await opened.crew.close();
    }
  }
}
