/** Threads beside this one: Bun workers, each given the ground once, replaced when it dies, ended with their crew. */
import { availableParallelism } from "node:os";
import type { Crew, CrewCall, Task, Workers } from "../kit/workers.ts";
import type { FromThread, ToThread } from "./bun-workers.worker.ts";
import { crewClosed, problemOf, threadDied } from "./crew-errors.ts";

/** A run that does not look whether it is to stop loses its thread after so long. */
const STOP_MS_MAX = 5_000;

export const bunWorkers = (): Workers => ({
  cores: availableParallelism(),
  open: (task, ground, size) => new BunCrew(task, ground, size),
});

interface Job<I, O> {
  readonly id: number;
  readonly input: I;
  readonly call: CrewCall;
  readonly flag: Int32Array;
  resolve(output: O): void;
  reject(error: unknown): void;
}

class BunCrew<G, I, O> implements Crew<I, O> {
  readonly size: number;
  private readonly task: Task<G, I, O>;
  private readonly ground: G;
  private readonly threads = new Set<Thread<I, O>>();
  private waiting: Job<I, O>[] = [];
  private isClosed = false;
  private count = 0;

  constructor(task: Task<G, I, O>, ground: G, size: number) {
    this.task = task;
    this.ground = ground;
    this.size = size;
  }

  async run(input: I, call: CrewCall = {}): Promise<O> {
    const { signal } = call;
    signal?.throwIfAborted();
    if (this.isClosed) throw crewClosed();
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const job = { id: ++this.count, input, call, flag, resolve, reject };
    const stop = (): void => this.stop(job, signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    this.waiting.push(job);
    this.next();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  private stop(job: Job<I, O>, reason: unknown): void {
    this.waiting = this.waiting.filter((each) => each !== job);
    Atomics.store(job.flag, 0, 1);
    job.reject(reason);
    for (const thread of this.threads) thread.endSoon(job);
  }

  private next(): void {
    while (this.waiting.length > 0 && !this.isClosed) {
      const free = [...this.threads].find(({ isFree }) => isFree) ?? this.another();
      if (!free) return;
      free.take(this.waiting.shift() as Job<I, O>);
    }
  }

  private another(): Thread<I, O> | undefined {
    if (this.threads.size >= this.size) return undefined;
    const thread = new Thread<I, O>(this.task, this.ground, () => {
      if (thread.isOver) this.threads.delete(thread);
      this.next();
    });
    this.threads.add(thread);
    return thread;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const job of this.waiting.splice(0)) job.reject(crewClosed());
    for (const thread of this.threads) thread.end(crewClosed());
    this.threads.clear();
  }
}

class Thread<I, O> {
  isOver = false;
  private readonly worker = new Worker(new URL("./bun-workers.worker.ts", import.meta.url).href);
  private readonly changed: () => void;
  private job: Job<I, O> | undefined;
  private ending: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: it is free, or over. */
  constructor({ module, name }: Task<never, I, O>, ground: unknown, changed: () => void) {
    this.changed = changed;
    this.worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.hear(data);
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.end(threadDied());
    };
    this.worker.addEventListener("close", () => this.end(threadDied()));
    this.send({ kind: "prepare", module, name, ground });
  }

  get isFree(): boolean {
    return !this.isOver && this.job === undefined;
  }

  take(job: Job<I, O>): void {
    this.job = job;
    const { id, input, flag } = job;
    this.send({ kind: "run", id, input, flag });
  }

  private send(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromThread): void {
    if (this.isOver) return;
    if (message.kind === "unready") {
      this.end(problemOf(message.error));
      return;
    }
    const { job } = this;
    if (message.id !== job?.id) return;
    if (message.kind === "progress") {
      if (Atomics.load(job.flag, 0) === 0) job.call.onProgress?.(message.done);
      return;
    }
    clearTimeout(this.ending);
    this.job = undefined;
    if (message.kind === "done") job.resolve(message.output as O);
    else job.reject(problemOf(message.error));
    this.changed();
  }

  endSoon(job: Job<I, O>): void {
    if (this.job === job) this.ending = setTimeout(() => this.end(threadDied()), STOP_MS_MAX);
  }

  end(why: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.ending);
    this.worker.terminate();
    this.job?.reject(why);
    this.job = undefined;
    this.changed();
  }
}
