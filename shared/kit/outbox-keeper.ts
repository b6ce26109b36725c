/** Decides how long what an outbox has told is kept: until everybody must have heard it, within bounds. */
import type { Bus, Cancel, Clock, OutboxEntry, Store, StreamState } from "./ports.ts";
import type { Log } from "./service.ts";

const LOOK_MS = 30_000;
/** At least: a loss is known within seconds, and it is heard again within seconds of that. */
const KEEP_MS = 120_000;
/** At most, whoever has not heard it: so many newer ones are kept, and what is older has to be asked for. */
const KEEP_MAX = 50_000;
const FORGET_PAUSE_MS = 20;
const MARKS_MAX = 100;

/** How much had been told at some time. */
interface Mark {
  readonly at: number;
  readonly upTo: string;
  readonly total: number;
  /** By stream. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface Keeper {
  told(entry: OutboxEntry): void;
  /** `toldIn`: the bus's epoch in which all was told; undefined while that is not so, and then nothing is forgotten. */
  start(toldIn: () => string | undefined): Cancel;
}

interface KeeperParts {
  store: Store;
  bus: Bus;
  clock: Clock;
  log: Log;
  families: readonly string[];
  keepMax?: number;
}

export function createKeeper(parts: KeeperParts): Keeper {
  const { store, bus, clock, log, families, keepMax = KEEP_MAX } = parts;
  const counts = new Map<string, number>();
  let total = 0;
  let last: OutboxEntry["id"] | undefined;
  let marks: Mark[] = [];
  let forgotten: string | undefined;

  async function look(toldIn: () => string | undefined): Promise<void> {
    const epoch = toldIn();
    last ??= (await store.outbox.state()).told;
    if (epoch === undefined || last === undefined || last === forgotten) return;
    if (marks.at(-1)?.upTo !== last) {
      // The newest makes room: those who wait longest are at the front.
      if (marks.length >= MARKS_MAX) marks.pop();
      marks.push({ at: clock.now(), upTo: last, total, counts: new Map(counts) });
    }
    const now = { at: clock.now(), counts };
    const due = marks.filter((mark) => mark.at <= now.at - KEEP_MS);
    if (due.length === 0) return;
    const waiting = waitingIn(await bus.state(families));
    // Asked after the state: that of a bus which has just lost everything says that nothing waits.
    if ((await bus.epoch()) !== epoch || toldIn() !== epoch) return;
    const heard = due.filter((mark) => total - mark.total >= keepMax || isHeard(mark, now, waiting)).at(-1);
    if (!heard) return;
    while (await store.outbox.forget(heard.upTo)) await clock.sleep(FORGET_PAUSE_MS);
    forgotten = heard.upTo;
    marks = marks.filter((mark) => mark.total > heard.total);
  }

  return {
    told({ id, family, key }) {
      const name = nameOf(family, key);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      total++;
      last = id;
    },
    start: (toldIn) =>
      clock.every(LOOK_MS, () =>
        look(toldIn).catch((error: unknown) => log.debug("outbox: kept for longer", { error: String(error) })),
      ),
  };
}

/** Whether what had been told then has been heard by everybody. */
function isHeard(then: Mark, now: Pick<Mark, "counts">, waiting: ReadonlyMap<string, number>): boolean {
  return [...waiting].every(([name, count]) => (now.counts.get(name) ?? 0) - (then.counts.get(name) ?? 0) >= count);
}

/** What the slowest group of each stream still has to hear, where there is any. */
function waitingIn(states: readonly StreamState[]): Map<string, number> {
  const waiting = new Map<string, number>();
  for (const { stream, lag, pending } of states) {
    if (lag + pending > 0) waiting.set(stream, Math.max(lag + pending, waiting.get(stream) ?? 0));
  }
  return waiting;
}

/** As the bus names it in its state. */
const nameOf = (family: string, key: string): string => (key === "" ? family : `${family}:{${key}}`);
