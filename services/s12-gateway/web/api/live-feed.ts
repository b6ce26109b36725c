/** The live connection as the page sees it: the client's own, with streams by the names that the page has for them. */
import { LIVE_BEFORE, type LiveState, type Topic as Told } from "../../../../shared/client/live.ts";
import { chimera } from "./chimera.ts";
import { TOPIC, type Topic, topicOf } from "./topics.ts";

export type FeedState = LiveState;
export const FEED_BEFORE = LIVE_BEFORE;

export interface LiveEvent {
  topic: Topic;
  key: string;
  ts: number;
  event: unknown;
}

interface Listener {
  onEvents: (events: LiveEvent[]) => void;
  onState: (state: FeedState) => void;
  /** The connection is open again after a break, or what was missed is lost: what was fetched may be old. */
  onReopen: () => void;
}

export interface Feed {
  watch(instrument: string): void;
  retryNow(): void;
  close(): void;
}

export function openFeed(listener: Listener): Feed {
  let wasBroken = false;
  return chimera.live({
    topics: Object.values(TOPIC) as Told[],
    onEvents(events) {
      const ours = events.flatMap(({ topic, key, ts, event }) => {
        const name = topicOf(topic);
        return name ? [{ topic: name, key, ts, event }] : [];
      });
      if (ours.length > 0) listener.onEvents(ours);
    },
    onState(state) {
      listener.onState(state);
      // Events come again by themselves; prices, books and sums were missed.
      if (state.phase === "open" && wasBroken) listener.onReopen();
      wasBroken = state.brokenAt > 0;
    },
    onResync: listener.onReopen,
  });
}
