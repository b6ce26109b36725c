/** The live connection: resumed after a break, with its state known at every moment. */
import type { Caller } from "./call.ts";
import type { Frame } from "./frames.ts";
import type { LiveEvents } from "./gen/live-events.ts";
import { ApiProblem } from "./problem.ts";
import { overSocket, overStream } from "./wires.ts";

export type Topic = keyof LiveEvents;
/** `key`: mostly the instrument. `id`: of what is told for certain; market news have none, and the newest wins. */
export type LiveEvent<T extends Topic = Topic> = {
  [K in T]: { topic: K; id?: string; key: string; ts: number; event: LiveEvents[K] };
}[T];
/** The gateway as it is: its clock (epoch ms), and what it trades on. */
export interface Hello {
  now: number;
  mode: string;
  venue: string;
  approvals?: string;
}

export type LivePhase = "connecting" | "open" | "waiting" | "signed-out" | "closed";
export interface LiveState {
  phase: LivePhase;
  /** Epoch ms: when the next attempt starts. */
  retryAt: number;
  attempts: number;
  /** When it was last open; 0 before the first time. */
  openedAt: number;
  /** When it broke; 0 while it is whole. */
  brokenAt: number;
  hello: Hello | undefined;
  /** The gateway's clock minus ours. */
  skewMs: number;
}
export const LIVE_BEFORE: LiveState = {
  phase: "connecting",
  retryAt: 0,
  attempts: 0,
  openedAt: 0,
  brokenAt: 0,
  hello: undefined,
  skewMs: 0,
};

export interface LiveOptions {
  /** All unless given. */
  topics?: readonly Topic[];
  /** Depth, trades and funding are of this one alone. */
  instrument?: string;
  /** The last event seen. */
  after?: string;
  onEvents(events: LiveEvent[]): void;
  onState?(state: LiveState): void;
  /** What was missed is no longer held: what is shown is to be asked for anew. */
  onResync(): void;
}
export interface Live {
  /** From now on of another instrument. */
  watch(instrument: string): void;
  retryNow(): void;
  /** Hears nothing until `retryNow`, and then all that was missed. */
  pause(): void;
  close(): void;
}

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** The gateway says something at least every 15 s. */
const SILENCE_MS_MAX = 40_000;
const LOOK_MS = 5_000;
/** After a restart of the gateway the last moments come again: ids heard lately are heard once. */
const IDS_MAX = 4_096;

/** How long to wait before the next attempt, at most: each waits between the half and the whole. */
export const decideWaitMs = (attempts: number): number => WAITS_MS[Math.min(attempts, WAITS_MS.length - 1)] as number;

export const openLive = (caller: Caller, options: LiveOptions): Live => new Connection(caller, options);

class Connection implements Live {
  readonly #caller: Caller;
  readonly #options: LiveOptions;
  readonly #heard = createHeard();
  #state = LIVE_BEFORE;
  #instrument: string;
  #after: string;
  #current = new AbortController();
  #heardAt = 0;
  /** A socket that never opened is tried as a stream next, which tells why. */
  #isSocketNext: boolean;

  constructor(caller: Caller, options: LiveOptions) {
    this.#caller = caller;
    this.#options = options;
    this.#isSocketNext = caller.sockets;
    this.#instrument = options.instrument ?? "";
    this.#after = options.after ?? "";
    void this.#connect();
  }

  watch(instrument: string): void {
    if (instrument === this.#instrument) return;
    this.#instrument = instrument;
    void this.#connect();
  }
  retryNow(): void {
    void this.#connect();
  }
  pause(): void {
    this.#current.abort();
  }
  close(): void {
    this.#current.abort();
    this.#set({ phase: "closed" });
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.onState?.(this.#state);
  }

  async #connect(): Promise<void> {
    this.#current.abort();
    const mine = new AbortController();
    const { signal } = mine;
    this.#current = mine;
    this.#heardAt = this.#caller.machine.now();
    if (this.#state.phase !== "open") this.#set({ phase: "connecting" });
    const isSocket = this.#isSocketNext;
    let hasHeard = false;
    const hear = (frames: readonly Frame[]) => {
      hasHeard = true;
      if (!signal.aborted) this.#hear(frames);
    };
    void this.#watchOver(mine);
    const wanted = { query: this.#query(), after: this.#after, signal, hear };
    const why = await (isSocket ? overSocket : overStream)(this.#caller, wanted).catch((error: unknown) => error);
    if (signal.aborted) return;
    mine.abort();
    this.#isSocketNext = this.#caller.sockets && (!isSocket || hasHeard);
    this.#broken(why);
  }

  #query(): Record<string, string> {
    const { topics } = this.#options;
    return {
      ...(topics && { topics: topics.join(",") }),
      ...(this.#instrument !== "" && { instrument: this.#instrument }),
    };
  }

  #hear(frames: readonly Frame[]): void {
    this.#heardAt = this.#caller.machine.now();
    const events: LiveEvent[] = [];
    const give = () => {
      if (events.length > 0) this.#options.onEvents(events.splice(0));
    };
    for (const frame of frames) {
      if (frame.event === "hello") this.#opened(frame.data as Hello);
      else if (frame.event === "resync") {
        give();
        this.#options.onResync();
      } else if (!SIGNS.has(frame.event) && this.#heard.isNew(frame.id)) {
        if (frame.id !== undefined) this.#after = frame.id;
        events.push({ topic: frame.event, ...(frame.data as object), ...idOf(frame) } as LiveEvent);
      }
    }
    give();
  }

  #opened(hello: Hello): void {
    const now = this.#caller.machine.now();
    this.#set({ phase: "open", attempts: 0, openedAt: now, brokenAt: 0, hello, skewMs: hello.now - now });
  }

  #broken(why: unknown): void {
    if (why instanceof ApiProblem && why.status === 401) {
      this.#set({ phase: "signed-out" });
      return;
    }
    const { machine } = this.#caller;
    const waitMs = decideWaitMs(this.#state.attempts) * (0.5 + machine.chance() / 2);
    const now = machine.now();
    const brokenAt = this.#state.brokenAt === 0 ? now : this.#state.brokenAt;
    this.#current = new AbortController();
    this.#set({ phase: "waiting", retryAt: now + waitMs, attempts: this.#state.attempts + 1, brokenAt });
    machine.sleep(waitMs, this.#current.signal).then(
      () => this.#connect(),
      () => {},
    );
  }

  /** A connection can be dead without a word. */
  async #watchOver(mine: AbortController): Promise<void> {
    const { machine } = this.#caller;
    try {
      while (machine.now() - this.#heardAt < SILENCE_MS_MAX) await machine.sleep(LOOK_MS, mine.signal);
      mine.abort();
      this.#broken("silent");
    } catch {
      // Another connection has taken its place, or it is closed.
    }
  }
}

/** Of life, and of an end: nothing that happened. */
const SIGNS: ReadonlySet<string> = new Set(["alive", "bye"]);
const idOf = ({ id }: Frame): { id?: string } => (id === undefined ? {} : { id });

function createHeard() {
  const ids = new Set<string>();
  return {
    isNew(id: string | undefined): boolean {
      if (id === undefined) return true;
      if (ids.has(id)) return false;
      ids.add(id);
      if (ids.size > IDS_MAX) ids.delete(ids.values().next().value as string);
      return true;
    },
  };
}
