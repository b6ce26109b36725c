/** Keeps processes running: starts them in order, starts again what dies, with growing waits, and stops in reverse. */

export interface Program {
  name: string;
  command: string[];
  env: Record<string, string | undefined>;
  /** Resolves when it is up, for programs that do not say so on their standard output. */
  ready?(isGone: () => boolean): Promise<void>;
  /** Starts together with the one before it, not after it. */
  alongside?: boolean;
}

export type Status = "starting" | "up" | "waiting" | "stopped";
export interface ProgramState {
  name: string;
  status: Status;
  pid: number | undefined;
  restarts: number;
  /** Why it ended last: an exit code or a signal, and the end of what it said. */
  lastEnd: string | undefined;
}

const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 10_000;
/** Whoever ends sooner, ends by itself. */
const BRIEF_MS = 1_000;
/** A program that has run this long has earned a fresh start of its waits. */
const STEADY_MS = 30_000;
const STOP_MS_MAX = 15_000;
const SAID_CHARACTERS_MAX = 600;

class Kept {
  readonly program: Program;
  readonly state: ProgramState;
  private child: ReturnType<typeof Bun.spawn> | undefined;
  private stopping = false;
  private failures = 0;
  private readonly changed: (state: ProgramState) => void;
  private wake: (() => void) | undefined;
  private done: Promise<void> = Promise.resolve();

  constructor(program: Program, changed: (state: ProgramState) => void) {
    this.program = program;
    this.changed = changed;
    this.state = { name: program.name, status: "starting", pid: undefined, restarts: 0, lastEnd: undefined };
  }

  /** Resolves when it has said for the first time that it is up, or has ended. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.done = this.keep(resolve);
    });
  }

  private async keep(firstWord: () => void): Promise<void> {
    while (!this.stopping) {
      const startedAt = performance.now();
      const code = await this.once(firstWord);
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

  /** Answers its exit code. */
  private async once(isUp: () => void): Promise<number | null> {
    this.set("starting");
    const { command, env } = this.program;
    // A group of its own: Ctrl-C at the terminal is for the supervisor, which then ends all in order.
    const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe", detached: true });
    this.child = child;
    this.state.pid = child.pid;
    let said = "";
    const up = () => {
      this.set("up");
      isUp();
    };
    this.program.ready?.(() => child.exitCode !== null).then(up, () => child.kill("SIGKILL"));
    const listen = async (stream: ReadableStream<Uint8Array>, isFirst: boolean) => {
      const decoder = new TextDecoder();
      for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
        const text = decoder.decode(chunk, { stream: true });
        said = (said + text).slice(-SAID_CHARACTERS_MAX);
        if (isFirst && text.includes('"up"')) up();
      }
    };
    await Promise.all([listen(child.stdout, true), listen(child.stderr, false), child.exited]);
    this.state.pid = undefined;
    this.state.lastEnd = `${child.signalCode ?? `exit ${child.exitCode}`} ${said.trim()}`.trim();
    return child.exitCode;
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
    this.child?.kill("SIGTERM");
    const late = setTimeout(() => this.child?.kill("SIGKILL"), STOP_MS_MAX);
    await this.done;
    clearTimeout(late);
  }
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
