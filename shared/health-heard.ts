/**
 * What S11 last said of health, as S3, S4 and S6 keep it: level and effects, durable; nobody's silence counts as good.
 *
 * S11 tells its level when it changes, at its start, and now and again. Who has not heard it for longer than `silentMs`
 * counts it as gone, which is ORANGE at least: what was worse stays so, and effects stay as they were told. Of a system
 * that is new nothing is known at first: it may trade, and has `silentMs` from the start to hear the first word.
 */
import { z } from "@hono/zod-openapi";
import { put } from "./changes.ts";
import type { Clock, Collection, Store } from "./kit/ports.ts";
import { HealthEffects, type HealthEvent, HealthLevel } from "./streams.ts";

const MARK = "health";
const NO_EFFECTS: HealthEffects = Object.freeze({});
const Said = z.object({ level: HealthLevel, effects: HealthEffects.default({}) });

interface Mark {
  id: string;
  value: unknown;
  ts: number;
}
export interface HealthParts {
  readonly store: Pick<Store, "get" | "commit">;
  readonly clock: Pick<Clock, "now">;
  /** Ms without a word of S11 from which on it counts as gone. */
  readonly silentMs: number;
}

export class HealthHeard {
  private readonly parts: HealthParts;
  private readonly marks: Collection<Mark>;
  private readonly startedAt: number;
  private said: z.output<typeof Said> | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;

  /** Kept among the service's own marks. */
  constructor(parts: HealthParts, marks: Collection<Mark>) {
    this.parts = parts;
    this.marks = marks;
    this.startedAt = parts.clock.now();
  }

  async load(): Promise<void> {
    const row = await this.parts.store.get(this.marks, MARK);
    const said = Said.safeParse(row?.value.value);
    if (!row || !said.success) return;
    this.said = said.data;
    this.toldAt = row.value.ts;
  }

  /** An older word that comes again counts for nothing. In force before it is stored. */
  async hear({ level, effects = NO_EFFECTS, ts }: HealthEvent): Promise<void> {
    if (ts < this.toldAt && !this.isAhead) return;
    this.said = { level, effects };
    this.toldAt = ts;
    await this.parts.store.commit([put(this.marks, { id: MARK, value: this.said, ts })]);
  }

  /** S11 has spoken, to this process or to one before it. */
  get isKnown(): boolean {
    return this.said !== undefined;
  }

  get isSilent(): boolean {
    const since = this.said ? this.toldAt : this.startedAt;
    return this.isAhead || this.parts.clock.now() - since > this.parts.silentMs;
  }

  /** Said by a clock that ran far ahead of ours: nobody knows when, and what is said next is newer. */
  private get isAhead(): boolean {
    return this.toldAt - this.parts.clock.now() > this.parts.silentMs;
  }

  /** What counts now. */
  get level(): HealthLevel {
    const level = this.said?.level ?? "GREEN";
    return this.isSilent && level !== "RED" ? "ORANGE" : level;
  }

  get effects(): HealthEffects {
    return this.said?.effects ?? NO_EFFECTS;
  }

  /** Why no entry may be made, if so. */
  get noEntries(): string | undefined {
    return this.level === "RED" ? "health is RED" : this.effects.no_entries;
  }

  /** The level in words for who is refused by it. */
  get words(): string {
    return this.isSilent ? `S11 is silent, which counts as ${this.level}` : `health is ${this.level}`;
  }
}
