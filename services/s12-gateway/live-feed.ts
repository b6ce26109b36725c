/** What live views hear: market news conflated, everything else in full, and kept for those who come back. */
import type { Cancel, Clock, Message, Stream } from "../../shared/kit/ports.ts";
import type { Log, Peers } from "../../shared/kit/service.ts";
import {
  alerts,
  configEvents,
  decisions,
  depth,
  features,
  funding,
  healthEvents,
  marketTrade,
  opsEvents,
  orderResults,
  positionEvents,
  reconResults,
  ticker,
} from "../../shared/streams.ts";
import { createBacklog, type Frame } from "./live-backlog.ts";

const LOSSY: readonly Stream[] = [ticker, depth, marketTrade, funding, features] as unknown as readonly Stream[];
const RELIABLE: readonly Stream[] = [
  decisions,
  orderResults,
  positionEvents,
  reconResults,
  healthEvents,
  alerts,
  configEvents,
  opsEvents,
] as unknown as readonly Stream[];
/** Too much for every instrument at once: a view gets these of the one it watches. */
const OF_ONE = new Set([depth.family, marketTrade.family, funding.family]);
/** All that a view can hear. */
export const HEARD: readonly Stream[] = [...LOSSY, ...RELIABLE];
export const FAMILIES: ReadonlySet<string> = new Set(HEARD.map((stream) => stream.family));

/** Market news goes out this often at most, the newest per instrument and kind. */
const CONFLATE_MS = 200;
/** A sign of life this often keeps proxies from closing a quiet connection, and tells a dead one from it. */
const ALIVE_MS = 15_000;
/** What the streams hold of before the start, of each family; those who come back wait for it no longer than this. */
const RECALLED_MAX = 250;
const RECALL_MS_MAX = 5_000;

export interface Listener {
  whose: string;
  families: ReadonlySet<string>;
  instrument: string | undefined;
  /** False once the person has signed out, or may no longer look. */
  mayListen(): Promise<boolean>;
  send(frames: readonly Frame[]): void;
  end(reason: string): void;
}
const ALIVE: Frame = { event: "alive", data: "{}" };
const RESYNC: Frame = { event: "resync", data: "{}" };

export interface FeedParts {
  peers: Pick<Peers, "listen" | "recent">;
  clock: Clock;
  log: Log;
}

export function createFeed({ peers, clock, log }: FeedParts) {
  const backlog = createBacklog();
  const newest = new Map<string, Message>();
  const listeners = new Set<Listener>();
  const stops: Cancel[] = [];
  let recalled: Promise<void> = Promise.resolve();

  function onReliable(family: string, message: Message): void {
    const frame = backlog.add(family, message);
    if (!frame) return;
    for (const listener of listeners) if (wants(listener, family, message.key)) listener.send([frame]);
  }

  function flush(): void {
    for (const [slot, message] of newest) {
      const family = slot.slice(0, slot.indexOf(" "));
      const hearing = [...listeners].filter((listener) => wants(listener, family, message.key));
      if (hearing.length === 0) continue;
      const frame = { event: family, data: body(message) };
      for (const listener of hearing) listener.send([frame]);
    }
    newest.clear();
  }

  function hearMarket(stream: Stream): void {
    stops.push(
      peers.listen(stream, (message) => {
        if (listeners.size > 0) newest.set(`${stream.family} ${message.key}`, message);
      }),
    );
  }

  /** What was told before this process was there, so that its views go on where those of the one before ended. */
  async function recall(): Promise<void> {
    const late = clock.sleep(RECALL_MS_MAX).then(() => {
      throw new Error(`no answer in ${RECALL_MS_MAX} ms`);
    });
    try {
      const reading = RELIABLE.map(async (stream) => {
        const messages = await peers.recent(stream, RECALLED_MAX);
        return { family: stream.family, messages, isWhole: messages.length < RECALLED_MAX };
      });
      backlog.recall(await Promise.race([Promise.all(reading), late]));
    } catch (error) {
      backlog.begin(clock.now());
      log.warn("live views cannot go on where they ended", { error: String(error) });
    }
  }

  return {
    start(): void {
      for (const stream of LOSSY) hearMarket(stream);
      for (const stream of RELIABLE) stops.push(peers.listen(stream, (m) => onReliable(stream.family, m)));
      // After the listening has begun: what is told meanwhile is heard, or read, or both, and then counts once.
      recalled = recall();
      stops.push(clock.every(CONFLATE_MS, flush));
      stops.push(clock.every(ALIVE_MS, () => Promise.all([...listeners].map(keepAlive))));
    },
    stop(): void {
      for (const cancel of stops) cancel();
      for (const listener of listeners) listener.end("The gateway is stopping.");
    },
    /** Adds a listener; with `after`, once what it missed was sent, or `resync` where that is no longer kept. */
    async join(listener: Listener, after: string): Promise<void> {
      listeners.add(listener);
      if (after === "") return;
      listeners.delete(listener);
      await recalled;
      const missed = backlog.since(after);
      listeners.add(listener);
      const wanted = missed.kept.filter(({ family, key }) => wants(listener, family, key));
      const frames = [...(missed.isWhole ? [] : [RESYNC]), ...wanted.map(({ frame }) => frame)];
      if (frames.length > 0) listener.send(frames);
    },
    leave: (listener: Listener): boolean => listeners.delete(listener),
    /** Of all, or of one person. */
    size: (whose?: string): number =>
      whose === undefined ? listeners.size : [...listeners].filter((each) => each.whose === whose).length,
  };
}
export type Feed = ReturnType<typeof createFeed>;

/** Who cannot be asked about is let go too: the view comes back and signs in. */
async function keepAlive(listener: Listener): Promise<void> {
  if (await listener.mayListen().catch(() => false)) listener.send([ALIVE]);
  else listener.end("The sign-in has ended.");
}

const body = ({ key, ts, event }: Message): string => JSON.stringify({ key, ts, event });

function wants(listener: Listener, family: string, key: string): boolean {
  if (!listener.families.has(family)) return false;
  return listener.instrument === undefined || key === listener.instrument || !OF_ONE.has(family);
}
