/** The time of a backtest: what is due at which moment, in a total order, and what is still to do at this very moment. */
import { EventHeap, type TimedEvent } from "../engine/event-heap.ts";

interface Job {
  readonly ms: number;
  readonly run: () => void;
  isArmed: boolean;
}

export class Timeline {
  /** Jobs run once each time something has happened; else they run on and on. */
  waitsToBeStirred = false;
  private readonly jobs: Job[] = [];
  private time: number;
  private readonly heap = new EventHeap();
  private readonly todo: (() => void)[] = [];
  private readonly toHear: (() => void)[] = [];
  private readonly toTell: (() => void)[] = [];

  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  /** Time goes on to `ts`, never back. */
  reach(ts: number): void {
    if (ts > this.time) this.time = ts;
  }

  /** When the next thing is due; infinite while there is none. */
  get next(): number {
    return this.heap.firstTime;
  }

  /** Whether that is a look at something: news of the same moment are heard before it. */
  get isNextLook(): boolean {
    return this.heap.firstOrder !== "";
  }

  at(ts: number, run: () => void, order = ""): TimedEvent {
    return this.heap.push(Math.max(ts, this.time), order, run);
  }

  after(ms: number, run: () => void, order = ""): TimedEvent {
    return this.heap.push(this.time + Math.max(0, ms), order, run);
  }

  cancel(event: TimedEvent): void {
    this.heap.cancel(event);
  }

  /** At whole multiples of `ms`, as the jobs of services run. */
  every(ms: number, run: () => void): void {
    const job = { ms, run, isArmed: false };
    this.jobs.push(job);
    this.arm(job);
  }

  /** Something has happened: jobs that wait for it are due again at their next time. */
  stir(): void {
    for (const job of this.jobs) this.arm(job);
  }

  private arm(job: Job): void {
    if (job.isArmed) return;
    job.isArmed = true;
    this.heap.push((Math.floor(this.time / job.ms) + 1) * job.ms, "", () => {
      job.isArmed = false;
      job.run();
      if (!this.waitsToBeStirred) this.arm(job);
    });
  }

  /** Takes the first thing that is due, and time with it. */
  runNext(): void {
    const event = this.heap.popDue(Number.POSITIVE_INFINITY);
    if (!event) return;
    this.reach(event.time);
    event.run();
  }

  /** To be done at this moment, after what is being done. */
  soon(run: () => void): void {
    this.todo.push(run);
  }

  /** News that have come at this moment: each once all that followed from the one before it is done. */
  hear(run: () => void): void {
    this.toHear.push(run);
  }

  /** What is told of what was done: after all that is to be done at this moment. */
  afterwards(run: () => void): void {
    this.toTell.push(run);
  }

  /** One thing of this moment; false when there is none. */
  runSoon(): boolean {
    const run = this.todo.shift() ?? this.toHear.shift() ?? this.toTell.shift();
    run?.();
    return run !== undefined;
  }

  get isIdle(): boolean {
    return this.todo.length === 0 && this.toHear.length === 0 && this.toTell.length === 0;
  }
}
