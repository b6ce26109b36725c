/** What live views hear: market news conflated, everything else in full, numbered and kept for those who come back. */
import type { Cancel, Clock, Message, Stream } from "../../shared/kit/ports.ts";
import type { Peers } from "../../shared/kit/service.ts";
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
/** A comment line this often keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** Events kept for those who come back. */
const BACKLOG_MAX = 2_000;
interface Kept {
  n: number;
  family: string;
  key: string;
  text: string;
}
export interface Listener {
  families: ReadonlySet<string>;
  instrument: string | undefined;
  /** False once the person has signed out, or may no longer look. */
  mayListen(): Promise<boolean>;
  send(text: string): void;
  end(): void;
}

export interface FeedParts {
  peers: Peers;
  clock: Clock;
}

export function createFeed({ peers, clock }: FeedParts) {
  /** Ids count on from the start's time, so that an id from before a restart is older than every new one. */
  let n = Math.floor(clock.now()) * 1_000;
  const backlog: Kept[] = [];
  const newest = new Map<string, Message>();
  const listeners = new Set<Listener>();
  const stops: Cancel[] = [];

  function onReliable(family: string, message: Message): void {
    const id = ++n;
    const text = `id: ${id}\nevent: ${family}\ndata: ${body(message)}\n\n`;
    backlog.push({ n: id, family, key: message.key, text });
    if (backlog.length > BACKLOG_MAX) backlog.shift();
    for (const listener of listeners) if (wants(listener, family, message.key)) listener.send(text);
  }

  function flush(): void {
    for (const [slot, message] of newest) {
      const family = slot.slice(0, slot.indexOf(" "));
      const hearing = [...listeners].filter((listener) => wants(listener, family, message.key));
      if (hearing.length === 0) continue;
      const text = `event: ${family}\ndata: ${body(message)}\n\n`;
      for (const listener of hearing) listener.send(text);
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

  return {
    start(): void {
      for (const stream of LOSSY) hearMarket(stream);
      for (const stream of RELIABLE) stops.push(peers.listen(stream, (m) => onReliable(stream.family, m)));
      stops.push(clock.every(CONFLATE_MS, flush));
      stops.push(clock.every(HEARTBEAT_MS, () => Promise.all([...listeners].map(keepAlive))));
    },
    stop(): void {
      for (const cancel of stops) cancel();
      for (const listener of listeners) listener.end();
    },
    /** Adds a listener; with `after`, first what it missed, or `resync` when that is no longer kept. */
    join(listener: Listener, after: number): void {
      listeners.add(listener);
      if (!Number.isFinite(after)) return;
      const oldest = backlog[0]?.n ?? n + 1;
      if (after < oldest - 1) listener.send("event: resync\ndata: {}\n\n");
      for (const kept of backlog) {
        if (kept.n > after && wants(listener, kept.family, kept.key)) listener.send(kept.text);
      }
    },
    leave: (listener: Listener): boolean => listeners.delete(listener),
    size: () => listeners.size,
  };
}
export type Feed = ReturnType<typeof createFeed>;

/** Who cannot be asked about is let go too: the view comes back and signs in. */
async function keepAlive(listener: Listener): Promise<void> {
  if (await listener.mayListen().catch(() => false)) listener.send(": alive\n\n");
  else listener.end();
}

const body = ({ key, ts, event }: Message): string => JSON.stringify({ key, ts, event });

function wants(listener: Listener, family: string, key: string): boolean {
  if (!listener.families.has(family)) return false;
  return listener.instrument === undefined || key === listener.instrument || !OF_ONE.has(family);
}
