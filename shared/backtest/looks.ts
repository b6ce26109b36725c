/** Looks at a thing whenever something about it has changed or its time has come: several changes at once are one look. */
import type { TimedEvent } from "../engine/event-heap.ts";
import type { Timeline } from "./timeline.ts";

interface Slot {
  isQueued: boolean;
  timer: TimedEvent | undefined;
}

export class Looks {
  private readonly timeline: Timeline;
  private readonly look: (key: string) => number | undefined;
  private readonly slots = new Map<string, Slot>();

  /** `look` does the next thing and answers in how many ms to look again; nothing: when poked. */
  constructor(timeline: Timeline, look: (key: string) => number | undefined) {
    this.timeline = timeline;
    this.look = look;
  }

  poke(key: string): void {
    let slot = this.slots.get(key);
    if (!slot) {
      slot = { isQueued: false, timer: undefined };
      this.slots.set(key, slot);
    }
    if (slot.isQueued) return;
    slot.isQueued = true;
    this.timeline.soon(() => this.run(key, slot));
  }

  private run(key: string, slot: Slot): void {
    slot.isQueued = false;
    if (slot.timer) this.timeline.cancel(slot.timer);
    slot.timer = undefined;
    const waitMs = this.look(key);
    if (waitMs === undefined) {
      if (!slot.isQueued) this.slots.delete(key);
    } else if (waitMs <= 0) this.poke(key);
    else if (!slot.isQueued) slot.timer = this.timeline.after(waitMs, () => this.poke(key), key);
  }
}
