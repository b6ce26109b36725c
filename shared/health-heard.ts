/** The health level last heard; durable, since S11 tells a level only when it changes. */
import { put } from "./changes.ts";
import type { Collection, Store } from "./kit/ports.ts";
import { type HealthEvent, HealthLevel } from "./streams.ts";

const MARK = "health";

interface Mark {
  id: string;
  value: unknown;
  ts: number;
}

/** `First`: what counts until a level was heard. */
export class HealthHeard<First extends HealthLevel | undefined> {
  level: HealthLevel | First;
  /** When S11 told it. */
  toldAt = Number.NEGATIVE_INFINITY;
  private readonly store: Pick<Store, "get" | "commit">;
  private readonly marks: Collection<Mark>;

  /** Kept among the service's own marks. */
  constructor(store: Pick<Store, "get" | "commit">, marks: Collection<Mark>, first: First) {
    this.store = store;
    this.marks = marks;
    this.level = first;
  }

  async load(): Promise<void> {
    const row = await this.store.get(this.marks, MARK);
    if (!row) return;
    this.level = HealthLevel.parse(row.value.value);
    this.toldAt = row.value.ts;
  }

  /** An older one that comes again counts for nothing. */
  async hear({ level, ts }: HealthEvent): Promise<void> {
    if (ts < this.toldAt) return;
    this.level = level;
    this.toldAt = ts;
    await this.store.commit([put(this.marks, { id: MARK, value: level, ts })]);
  }
}
