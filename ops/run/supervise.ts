/** Keeps processes running: starts them in order, starts again what dies, with growing waits, and stops in reverse. */

export interface Program {
  name: string;
  command: string[];
  env: Record<string, string | undefined>;
  /** Resolves when it is up, for programs that do not say so on their standard output. */
  ready?(isGone: () => boolean): Promise<void>;
  /** Starts together with the one before it, not after it. */
  alongside?: boolean;
  /**
   * It may have two processes for a moment: one that says `relieve` on its standard output is ended when another is up,
   * which `CHIMERA_RELIEVES` tells that it is to take over. They take turns; this is what differs between two that
   * follow each other.
   */
  turns?: readonly Record<string, string>[];
}

export type Status = "starting" | "up" | "waiting" | "stopped";
export interface ProgramState {
  name: string;
  status: Status;
  pid: number | undefined;
  restarts: number;
  /** Why it ended last: an exit code or a signal, and the end of what it said. */
  lastEnd: string | undefined;
  /** One can take its place before it ends. */
  relievable?: boolean;
  /** The one that is about to. */
  relief_pid?: number | undefined;
  /** The one whose place was taken, until it has ended. */
  leaving_pid?: number | undefined;
}

const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 10_000;
/** Whoever ends sooner, ends by itself. */
const BRIEF_MS = 1_000;
/** A program that has run this long has earned a fresh start of its waits. */
const STEADY_MS = 30_000;
const STOP_MS_MAX = 15_000;
/** Whoever takes another's place has so long to be up. */
const RELIEF_MS_MAX = 60_000;
const SAID_CHARACTERS_MAX = 600;

/** One process of a program. */
interface Run {
  child: ReturnType<typeof Bun.spawn>;
  startedAt: number;
  /** False: it ended instead. */
  up: Promise<boolean>;
  /** Its exit code. */
  ended: Promise<number | null>;
}

class Kept {
  readonly program: Program;
  readonly state: ProgramState;
  private current: Run | undefined;
  private relief: Run | undefined;
  private relieving: Promise<void> = Promise.resolve();
  /** Which of the program's turns its process has. */
  private turn = 0;
  private stopping = false;
  private failures = 0;
  private readonly changed: (state: ProgramState) => void;
  private wake: (() => void) | undefined;
  private done: Promise<void> = Promise.resolve();

  constructor(program: Program, changed: (state: ProgramState) => void) {
    this.program = program;
    this.changed = changed;
    const { name, turns } = program;
    this.state = { name, status: "starting", pid: undefined, restarts: 0, lastEnd: undefined };
    if (turns) this.state.relievable = true;
  }

  /** Resolves when it has said for the first time that it is up, or has ended. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.done = this.keep(resolve);
    });
  }

  private async keep(firstWord: () => void): Promise<void> {
    while (!this.stopping) {
      const { code, startedAt } = await this.untilEnded(firstWord);
      firstWord();
      if (this.stopping) break;
      // Somebody asked it to end, to have it started anew: nothing is wrong with it.
      if (code === 0 && performance.now() - startedAt > BRIEF_MS) {
        this.state.restarts++;
        continue;
      }
      this.failures = performance.now() - startedAt > STEADY_MS ? 0 : this.failures + 1;
      this.set("waiting");
      await this.pause(Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, this.failures - 1), WAIT_MS_MAX));
      this.state.restarts++;
    }
    this.set("stopped");
  }

  /** Until its process has ended, and whichever has taken that one's place. */
  private async untilEnded(isUp: () => void): Promise<{ code: number | null; startedAt: number }> {
    let run = this.begin();
    this.current = run;
    this.state.pid = run.child.pid;
    this.set("starting");
    void run.up.then((said) => {
      if (said) this.set("up");
      if (said) isUp();
    });
    for (;;) {
      const code = await run.ended;
      await this.relieving;
      const { startedAt } = run;
      if (this.current !== run) run = this.current;
      else {
        this.state.pid = undefined;
        return { code, startedAt };
      }
    }
  }

  /** Starts a process in the turn that it is. */
  private begin(more: Record<string, string> = {}): Run {
    const { command, env, turns = [{}] } = this.program;
    const all = { ...env, ...turns[this.turn], ...more };
    // A group of its own: Ctrl-C at the terminal is for the supervisor, which then ends all in order.
    const child = Bun.spawn(command, { env: all, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
    const up = Promise.withResolvers<boolean>();
    const run: Run = { child, startedAt: performance.now(), up: up.promise, ended: Promise.resolve(null) };
    let said = "";
    this.program
      .ready?.(() => child.exitCode !== null)
      .then(
        () => up.resolve(true),
        () => child.kill("SIGKILL"),
      );
    const listen = async (stream: ReadableStream<Uint8Array>, isFirst: boolean) => {
      const decoder = new TextDecoder();
      for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
        const text = decoder.decode(chunk, { stream: true });
        said = (said + text).slice(-SAID_CHARACTERS_MAX);
        if (isFirst && text.includes('"up"')) up.resolve(true);
        if (isFirst && text.includes('"relieve"')) this.relieve(run);
      }
    };
    run.ended = Promise.all([listen(child.stdout, true), listen(child.stderr, false), child.exited]).then(() => {
      this.state.lastEnd = `${child.signalCode ?? `exit ${child.exitCode}`} ${said.trim()}`.trim();
      up.resolve(false);
      return child.exitCode;
    });
    return run;
  }

  /** One relief follows another: who has come by one may ask for the next while the one before it still ends. */
  private relieve(old: Run): void {
    if (!this.program.turns) return;
    const isDue = () => !this.stopping && old === this.current && this.state.status === "up";
    this.relieving = this.relieving
      .then(() => (isDue() ? this.putInPlaceOf(old) : undefined))
      // Such as no room for another process: the one that is there stays.
      .catch((error) => {
        this.state.lastEnd = String(error);
      });
  }

  /** A second process is started beside the one that is there, and that one ended when the other is up: not before. */
  private async putInPlaceOf(old: Run): Promise<void> {
    const { turns = [] } = this.program;
    const before = this.turn;
    this.turn = (before + 1) % turns.length;
    const next = this.beginNext(before);
    this.relief = next;
    this.state.relief_pid = next.child.pid;
    this.set(this.state.status);
    const late = setTimeout(() => next.child.kill("SIGKILL"), RELIEF_MS_MAX);
    const isUp = await next.up;
    clearTimeout(late);
    if (isUp && !this.stopping) {
      this.current = next;
      this.state.pid = next.child.pid;
      this.state.restarts++;
    } else {
      this.turn = before;
      await endOf(next);
    }
    this.state.relief_pid = undefined;
    // Still ours to end, also by whoever comes after a supervisor that was killed now.
    if (this.current === next) this.state.leaving_pid = old.child.pid;
    this.set(this.state.status);
    if (this.current === next) {
      await endOf(old);
      this.state.leaving_pid = undefined;
      this.set(this.state.status);
    }
    this.relief = undefined;
  }

  private beginNext(turnBefore: number): Run {
    try {
      return this.begin({ CHIMERA_RELIEVES: "true" });
    } catch (error) {
      this.turn = turnBefore;
      throw error;
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private set(status: Status): void {
    this.state.status = status;
    this.changed(this.state);
  }

  /** Nothing is started again from here on. */
  giveUp(): void {
    this.stopping = true;
    this.wake?.();
  }

  async stop(): Promise<void> {
    this.giveUp();
    await Promise.all([this.current, this.relief].map((run) => run && endOf(run)));
    await this.done;
  }
}

/** In order, or late by force. */
async function endOf({ child, ended }: Run): Promise<void> {
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(late);
}

export interface Supervisor {
  states(): ProgramState[];
  stop(): Promise<void>;
}

/**
 * Starts each when the one before it is up, and those that are `alongside` together with the one before; throws, with
 * all stopped again, when one ends instead.
 */
export async function supervise(
  programs: readonly Program[],
  changed: (state: ProgramState) => void = () => {},
): Promise<Supervisor> {
  const kept = programs.map((program) => new Kept(program, changed));
  const stop = async () => {
    for (const each of kept) each.giveUp();
    for (const each of [...kept].reverse()) await each.stop();
  };
  for (const group of groupsOf(kept)) {
    await Promise.all(group.map((each) => each.start()));
    const failed = group.find(({ state }) => state.status !== "up");
    if (!failed) continue;
    // Before it is stopped with the others, which would be told in its place.
    const why = failed.state.lastEnd ?? "no reason given";
    await stop();
    throw new Error(`${failed.state.name} did not start: ${why}`);
  }
  return { states: () => kept.map((each) => ({ ...each.state })), stop };
}

function groupsOf(kept: readonly Kept[]): Kept[][] {
  const groups: Kept[][] = [];
  for (const each of kept) {
    if (each.program.alongside && groups.length > 0) groups.at(-1)?.push(each);
    else groups.push([each]);
  }
  return groups;
}
