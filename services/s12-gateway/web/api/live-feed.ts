/** The live connection: one event stream, resumed after a break, with its state known at every moment. */

import { after, every, now } from "./now.ts";
import { signedInFetch } from "./renewal.ts";
import type { Envelope, Hello } from "./shapes.ts";
import { createSseReader, type SseMessage } from "./sse.ts";
import { TOPIC, type Topic, topicOf } from "./topics.ts";

export type FeedPhase = "connecting" | "open" | "waiting" | "signed-out";

export interface FeedState {
  phase: FeedPhase;
  /** Our clock, epoch ms: when the next attempt starts. */
  retryAt: number;
  attempts: number;
  /** When it was last open; 0 before the first time. */
  openedAt: number;
  brokenAt: number;
  hello: Hello | undefined;
  /** Server's clock minus ours. */
  skewMs: number;
}

export const FEED_BEFORE: FeedState = {
  phase: "connecting",
  retryAt: 0,
  attempts: 0,
  openedAt: 0,
  brokenAt: 0,
  hello: undefined,
  skewMs: 0,
};

export interface LiveEvent extends Envelope {
  topic: Topic;
}

interface Listener {
  onEvents: (events: LiveEvent[]) => void;
  onState: (state: FeedState) => void;
  /** The stream is open again after a break: what was shown may have a gap. */
  onReopen: () => void;
}

const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const SILENCE_MS_MAX = 30_000;

/** How long to wait before attempt `attempts + 1`. */
export const decideWaitMs = (attempts: number): number => WAITS_MS[Math.min(attempts, WAITS_MS.length - 1)]!;

export interface Feed {
  watch(instrument: string): void;
  retryNow(): void;
  close(): void;
}

export function openFeed(listener: Listener): Feed {
  let state = FEED_BEFORE;
  let instrument = "";
  let lastId = "";
  let heardAt = 0;
  let current: AbortController | undefined;
  let cancelRetry = () => {};

  const set = (change: Partial<FeedState>) => {
    state = { ...state, ...change };
    listener.onState(state);
  };
  const take = (messages: SseMessage[]) => {
    const events: LiveEvent[] = [];
    for (const message of messages) {
      lastId = message.id;
      if (message.event === "hello") {
        const hello = JSON.parse(message.data) as Hello;
        set({ hello, skewMs: hello.now - now() });
        continue;
      }
      // The gateway no longer has what was missed while away.
      if (message.event === "resync") listener.onReopen();
      const topic = topicOf(message.event);
      if (topic) events.push({ topic, ...(JSON.parse(message.data) as Envelope) });
    }
    if (events.length > 0) listener.onEvents(events);
  };
  const broken = () => {
    const waitMs = decideWaitMs(state.attempts);
    const brokenAt = state.phase === "open" || state.brokenAt === 0 ? now() : state.brokenAt;
    set({ phase: "waiting", retryAt: now() + waitMs, attempts: state.attempts + 1, brokenAt });
    cancelRetry = after(waitMs, connect);
  };

  async function connect() {
    cancelRetry();
    current?.abort();
    const mine = new AbortController();
    current = mine;
    heardAt = now();
    if (state.phase !== "open") set({ phase: "connecting" });
    try {
      const response = await signedInFetch(addressOf(instrument), {
        headers: { accept: "text/event-stream", ...(lastId ? { "last-event-id": lastId } : {}) },
        credentials: "same-origin",
        signal: mine.signal,
      });
      if (response.status === 401) return set({ phase: "signed-out" });
      if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
      const wasBroken = state.brokenAt > 0;
      set({ phase: "open", attempts: 0, openedAt: now(), brokenAt: 0 });
      if (wasBroken) listener.onReopen();
      const read = createSseReader();
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        heardAt = now();
        take(read(text));
      }
      throw new Error("The stream ended");
    } catch {
      if (current === mine && !mine.signal.aborted) broken();
    }
  }

  const stopWatchdog = every(5_000, () => {
    if (state.phase !== "open" || now() - heardAt < SILENCE_MS_MAX) return;
    current?.abort();
    broken();
  });

  return {
    watch: (next) => {
      if (next === instrument) return;
      instrument = next;
      void connect();
    },
    retryNow: () => void connect(),
    close: () => {
      stopWatchdog();
      cancelRetry();
      const last = current;
      current = undefined;
      last?.abort();
    },
  };
}

function addressOf(instrument: string): string {
  const query = new URLSearchParams({ topics: Object.values(TOPIC).join(","), instrument });
  return `/api/v1/events?${query}`;
}
