/** What was told for certain lately, by ids that every process of the gateway gives alike, for those who come back. */
import { digest } from "../../shared/keys.ts";
import type { Message } from "../../shared/kit/ports.ts";

const KEPT_MAX = 2_000;
/**
 * Streams are in order each, and not among each other: what one process heard first another may hear second. So what
 * was told this long before the last event seen comes again, and its id tells.
 */
const OVERLAP_MS = 10_000;
const ID_CHARACTERS = 12;

/** As it goes over every kind of connection; `data` is JSON. */
export interface Frame {
  id?: string;
  event: string;
  data: string;
}
export interface Kept {
  readonly ts: number;
  readonly family: string;
  readonly key: string;
  readonly frame: Frame & { id: string };
}
/** Of one family, oldest first; `isWhole`: there was nothing before. */
export interface Recalled {
  readonly family: string;
  readonly messages: readonly Message[];
  readonly isWhole: boolean;
}

export function createBacklog(keptMax = KEPT_MAX) {
  let kept: Kept[] = [];
  const known = new Set<string>();
  /** Everything told after this is kept. */
  let wholeSince = Number.NEGATIVE_INFINITY;

  function shorten(): void {
    for (const { frame, ts } of kept.splice(0, Math.max(0, kept.length - keptMax))) {
      known.delete(frame.id);
      wholeSince = Math.max(wholeSince, ts);
    }
  }

  return {
    /** Undefined: it is known already. */
    add(family: string, message: Message): Frame | undefined {
      const made = keptOf(family, message);
      if (known.has(made.frame.id)) return undefined;
      known.add(made.frame.id);
      kept.push(made);
      shorten();
      return made.frame;
    },
    /** What streams hold of before the start, put before what was heard since. */
    recall(all: readonly Recalled[]): void {
      for (const { messages, isWhole } of all) {
        if (!isWhole) wholeSince = Math.max(wholeSince, messages[0]?.ts ?? wholeSince);
      }
      const before = all.flatMap(({ family, messages }) => messages.map((message) => keptOf(family, message)));
      const unknown = before.filter(({ frame }) => !known.has(frame.id)).sort((a, b) => a.ts - b.ts);
      for (const { frame } of unknown) known.add(frame.id);
      kept = [...unknown, ...kept];
      shorten();
    },
    /** Nothing is known of what was told before. */
    begin(ts: number): void {
      wholeSince = Math.max(wholeSince, ts);
    },
    /** What was told after that event, in order; not whole: more was, which is no longer kept. */
    since(id: string): { isWhole: boolean; kept: readonly Kept[] } {
      const at = kept.findLastIndex(({ frame }) => frame.id === id);
      const last = kept[at];
      if (!last) return { isWhole: false, kept: [] };
      const from = last.ts - OVERLAP_MS;
      const missed = kept.filter((each, index) => index > at || (index < at && each.ts > from));
      return { isWhole: wholeSince <= from, kept: missed };
    },
  };
}

function keptOf(family: string, { id, stream, key, ts, event }: Message): Kept {
  const name = `${Math.floor(ts)}-${digest(stream, id).slice(0, ID_CHARACTERS)}`;
  return { ts, family, key, frame: { id: name, event: family, data: JSON.stringify({ key, ts, event }) } };
}
