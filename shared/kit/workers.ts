/** The port of work beside this thread: tasks that a module exports, crews of threads that are ready for one. */
import type { Inference, ProgramRunner } from "./ports.ts";

/** Work that can be done in another thread: a module exports it, and there it is found by its name. */
export interface Task<G, I, O> {
  readonly name: string;
  /** URL of the module that exports it: `import.meta.url`. */
  readonly module: string;
  /** Once in each thread. `ground` came by structured clone: shared memory in it is shared, all else is a copy. */
  prepare(ground: G, ports: TaskPorts): Promise<PreparedTask<I, O>>;
}
/** What a thread has of the world. */
export interface TaskPorts {
  readonly inference: Inference;
  readonly programs: ProgramRunner;
}
export interface PreparedTask<I, O> {
  run(input: I, duty: Duty): Promise<O>;
  release(): Promise<void>;
}
/** To be looked at and told again and again by what runs for long. */
export interface Duty {
  isAborted(): boolean;
  /** Of 1. */
  progress(done: number): void;
}
export interface CrewCall {
  signal?: AbortSignal;
  onProgress?(done: number): void;
}
/** Threads that are ready for one task. */
export interface Crew<I, O> {
  readonly size: number;
  /**
   * In the order asked, as threads come free. Throws what the task throws, as a Problem; the signal's reason, at once;
   * UNAVAILABLE when its thread has died, which is replaced, and when the crew is closed.
   */
  run(input: I, call?: CrewCall): Promise<O>;
  close(): Promise<void>;
}
/** Threads beside this one. */
export interface Workers {
  /** Processors there are. */
  readonly cores: number;
  /** Threads begin when they are first needed. */
  open<G, I, O>(task: Task<G, I, O>, ground: G, size: number): Crew<I, O>;
}
