/** Runs one piece of work per key, never twice at a time, and again when its state has changed or its time has come. */
import type { Cancel, Clock } from "../../shared/kit/ports.ts";

/** Looks at the key's state, does the next thing, and says in how many ms to look again; nothing: when poked. */
export type Look = (key: string) => Promise<number | undefined>;

const AFTER_FAILURE_MS = 1_000;

interface Slot {
  running: boolean;
  again: boolean;
  timer: Cancel | undefined;
}

export class Pump {
  private readonly slots = new Map<string, Slot>();
  private readonly clock: Clock;
  private readonly look: Look;
  private readonly failed: (key: string, error: unknown) => void;
  private stopped = false;

  constructor(clock: Clock, look: Look, failed: (key: string, error: unknown) => void) {
    this.clock = clock;
    this.look = look;
    this.failed = failed;
  }

  /** Looks soon; a poke during a look makes another one follow it. */
  poke(key: string): void {
    if (this.stopped) return;
    let slot = this.slots.get(key);
    if (!slot) {
      slot = { running: false, again: false, timer: undefined };
      this.slots.set(key, slot);
    }
    slot.again = true;
    if (!slot.running) void this.run(key, slot);
  }

  stop(): void {
    this.stopped = true;
    for (const slot of this.slots.values()) slot.timer?.();
  }

  private async run(key: string, slot: Slot): Promise<void> {
    slot.running = true;
    slot.timer?.();
    slot.timer = undefined;
    let waitMs: number | undefined;
    while (slot.again && !this.stopped) {
      slot.again = false;
      try {
        waitMs = await this.look(key);
      } catch (error) {
        this.failed(key, error);
        waitMs = AFTER_FAILURE_MS;
      }
      if (waitMs !== undefined && waitMs <= 0) slot.again = true;
    }
    slot.running = false;
    if (this.stopped) return;
    if (waitMs === undefined) this.slots.delete(key);
    else slot.timer = this.clock.after(waitMs, () => this.poke(key), key);
  }
}
