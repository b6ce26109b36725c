/** Work beside this thread, done in it: for simulations, where one thread's order of things is the order of things. */
import type { Clock } from "../kit/ports.ts";
import type { Crew, CrewCall, PreparedTask, Task, TaskPorts, Workers } from "../kit/workers.ts";
import { crewClosed, problemOf, sentError } from "./crew-errors.ts";

export interface HereOptions extends TaskPorts {
  readonly clock: Pick<Clock, "sleep">;
  readonly cores: number;
  /** What a run takes on the clock: the time in which others run, and in which it can be stopped. */
  taskMs(): number;
}

/** Grounds, inputs and outputs are copied as they would be on the way to another thread. */
export const hereWorkers = (options: HereOptions): Workers => ({
  cores: options.cores,
  open: (task, ground, size) => new HereCrew(task, ground, { ...options, size }),
});

class HereCrew<G, I, O> implements Crew<I, O> {
  readonly size: number;
  private readonly task: Task<G, I, O>;
  private readonly ground: G;
  private readonly options: HereOptions;
  private prepared: Promise<PreparedTask<I, O>> | undefined;
  private busy = 0;
  private waiting: (() => void)[] = [];
  private readonly closed = new AbortController();

  constructor(task: Task<G, I, O>, ground: G, { size, ...options }: HereOptions & { size: number }) {
    this.size = size;
    this.task = task;
    this.ground = ground;
    this.options = options;
  }

  async run(input: I, { signal, onProgress }: CrewCall = {}): Promise<O> {
    const stop = AbortSignal.any([this.closed.signal, ...(signal ? [signal] : [])]);
    stop.throwIfAborted();
    const given = structuredClone(input);
    await this.turn(stop);
    try {
      await this.options.clock.sleep(this.options.taskMs(), stop);
      this.prepared ??= this.task.prepare(structuredClone(this.ground), this.options);
      const prepared = await this.prepared;
      const duty = { isAborted: () => stop.aborted, progress: (done: number) => onProgress?.(done) };
      const output = await prepared.run(given, duty);
      stop.throwIfAborted();
      return structuredClone(output);
    } catch (error) {
      stop.throwIfAborted();
      throw problemOf(sentError(error));
    } finally {
      this.busy--;
      this.waiting.shift()?.();
    }
  }

  private async turn(stop: AbortSignal): Promise<void> {
    while (this.busy >= this.size) {
      const free = Promise.withResolvers<void>();
      this.waiting.push(free.resolve);
      stop.addEventListener("abort", () => free.resolve(), { once: true });
      await free.promise;
      // Who was stopped must not be called in somebody else's place.
      this.waiting = this.waiting.filter((each) => each !== free.resolve);
      stop.throwIfAborted();
    }
    this.busy++;
  }

  async close(): Promise<void> {
    this.closed.abort(crewClosed());
    await (await this.prepared?.catch(() => undefined))?.release();
  }
}
