/** Workers elsewhere: runs wait in a queue for whoever takes them, the ground and the answers lie in blobs. */
import { Problem } from "../errors.ts";
import { WORK, workAnswer, workGround, workOf, workStopped } from "../keys.ts";
import type { Blobs, Cancel, Clock, Random, Schedule } from "../kit/ports.ts";
import type { Crew, CrewCall, Task, Workers } from "../kit/workers.ts";
import { crewClosed, problemOf } from "./crew-errors.ts";
import { type Answer, answersQueue, itemId, packed, unpacked, WORK_QUEUE, type WorkItem } from "./queue/work.ts";

export interface QueueParts {
  readonly schedule: Schedule;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  /** As many runs wait for workers at once, unless a crew says another number. */
  readonly cores: number;
}

/**
 * For tasks that remember nothing from one run to the next: each may be another worker's. Progress within a run is not
 * told. A run that loses its worker is given to another one. One process at a time is an owner: as it begins, it clears
 * away what another one has left.
 */
export function queueWorkers(parts: QueueParts): Workers {
  let cleared: Promise<void> | undefined;
  const clearOnce = (): Promise<void> => {
    cleared ??= clear(parts.blobs, WORK).catch((error: unknown) => {
      cleared = undefined;
      throw error;
    });
    return cleared;
  };
  return {
    cores: parts.cores,
    open: (task, ground, size) => new QueueCrew(parts, task, { ground, size, clearOnce }),
  };
}

async function clear(blobs: Blobs, prefix: string): Promise<void> {
  for (let cursor: string | undefined; ; ) {
    const { items, next_cursor } = await blobs.list(prefix, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const { key } of items) await blobs.delete(key);
    if (next_cursor === undefined) return;
    cursor = next_cursor;
  }
}

const LOOK_MS = 250;
/** What could not be put is put again. */
const AGAIN_MS = 5_000;
const ANSWERS_MAX = 100;
/** Answers that could not be read are looked for again. */
const ANSWER_LEASE_MS = 10_000;
const PAGE = 1_000;

interface Job<I, O> {
  readonly run: number;
  readonly input: I;
  resolve(output: O): void;
  reject(error: unknown): void;
}

interface Opening<G> {
  ground: G;
  size: number;
  /** Of what earlier owners have left. */
  clearOnce(): Promise<void>;
}

class QueueCrew<G, I, O> implements Crew<I, O> {
  readonly size: number;
  readonly #parts: QueueParts;
  readonly #task: string;
  readonly #id: string;
  readonly #ground: G;
  readonly #clearOnce: () => Promise<void>;
  #packedGround: Uint8Array | undefined;
  #laid: Promise<void> | undefined;
  readonly #waiting: Job<I, O>[] = [];
  readonly #asked = new Map<number, Job<I, O>>();
  #runs = 0;
  #isClosed = false;
  #looking: Cancel | undefined;

  constructor(parts: QueueParts, task: Task<G, I, O>, { ground, size, clearOnce }: Opening<G>) {
    this.#parts = parts;
    this.#clearOnce = clearOnce;
    this.#task = task.name;
    this.#ground = ground;
    this.size = size;
    this.#id = Buffer.from(parts.random.bytes(16)).toString("hex");
  }

  async run(input: I, { signal }: CrewCall = {}): Promise<O> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw crewClosed();
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    const job = { run: ++this.#runs, input, resolve, reject };
    const stop = (): void => this.#stop(job, signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    this.#waiting.push(job);
    this.#ask();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  #ask(): void {
    const { clock } = this.#parts;
    if (this.#waiting.length > 0) this.#looking ??= clock.every(LOOK_MS, () => this.#look().catch(() => {}));
    while (this.#waiting.length > 0 && this.#asked.size < this.size && !this.#isClosed) {
      const job = this.#waiting.shift() as Job<I, O>;
      this.#asked.set(job.run, job);
      this.#put(job).catch((error) => this.#end(job.run, () => job.reject(error)));
    }
  }

  /** While the queue or the blobs are away it is tried again; rejects for what cannot travel at all. */
  async #put({ run, input }: Job<I, O>): Promise<void> {
    const { schedule, clock } = this.#parts;
    const item: WorkItem = {
      ...{ task: this.#task, crew: this.#id, run, tries: 0 },
      input: Buffer.from(packed(input)).toString("base64"),
    };
    if (!this.#laid) this.#packedGround ??= packed(this.#ground);
    while (this.#asked.has(run)) {
      try {
        await this.#lay();
        if (this.#asked.has(run)) await schedule.put(WORK_QUEUE, itemId(item), clock.now(), item);
        return;
      } catch {
        await clock.sleep(AGAIN_MS);
      }
    }
  }

  /** Once for all runs. */
  #lay(): Promise<void> {
    this.#laid ??= this.#layNow().catch((error: unknown) => {
      this.#laid = undefined;
      throw error;
    });
    return this.#laid;
  }

  async #layNow(): Promise<void> {
    await this.#clearOnce();
    await this.#parts.blobs.put(workGround(this.#id), this.#packedGround as Uint8Array);
    this.#packedGround = undefined;
  }

  /** What cannot be read just now comes again. */
  async #look(): Promise<void> {
    if (this.#asked.size === 0) return;
    const { schedule, blobs, clock } = this.#parts;
    const queue = answersQueue(this.#id);
    const told = await schedule.claim(queue, clock.now(), { limit: ANSWERS_MAX, leaseMs: ANSWER_LEASE_MS });
    for (const { id } of told) {
      const run = Number(id);
      const bytes = await blobs.get(workAnswer(this.#id, run));
      const job = this.#asked.get(run);
      if (bytes && job) this.#end(run, () => this.#settle(job, bytes));
      await schedule.done(queue, id);
      if (bytes) await blobs.delete(workAnswer(this.#id, run));
    }
  }

  #settle(job: Job<I, O>, bytes: Uint8Array): void {
    try {
      const answer = unpacked(bytes) as Answer;
      if ("error" in answer) job.reject(problemOf(answer.error));
      else job.resolve(answer.output as O);
    } catch (cause) {
      job.reject(new Problem("INTERNAL", "What a worker answered cannot be read.", { cause }));
    }
  }

  #end(run: number, settle: () => void): void {
    if (!this.#asked.delete(run)) return;
    settle();
    this.#ask();
  }

  /** Its worker sees the mark when it next says that it is alive. */
  #stop(job: Job<I, O>, reason: unknown): void {
    const { schedule, blobs } = this.#parts;
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    job.reject(reason);
    if (!this.#asked.delete(job.run)) return;
    const item = { crew: this.#id, run: job.run };
    schedule.done(WORK_QUEUE, itemId(item)).catch(() => {});
    if (!this.#isClosed) blobs.put(workStopped(this.#id, job.run), new Uint8Array([1])).catch(() => {});
    this.#ask();
  }

  /** Without its ground nobody goes on with its runs. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#looking?.();
    const { schedule } = this.#parts;
    const asked = [...this.#asked.values()];
    for (const job of [...this.#waiting.splice(0), ...asked]) job.reject(crewClosed());
    this.#asked.clear();
    await this.#laid?.catch(() => {});
    const items = asked.map(({ run }) => itemId({ crew: this.#id, run }));
    await Promise.all(items.map((id) => schedule.done(WORK_QUEUE, id))).catch(() => {});
    await clear(this.#parts.blobs, workOf(this.#id)).catch(() => {});
  }
}
