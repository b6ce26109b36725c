/** The health level last heard; durable, since S11 tells a level only when it changes. */
import { put } from "../../shared/changes.ts";
import { routerMarks } from "../../shared/collections/orders.ts";
import { type HealthEvent, HealthLevel } from "../../shared/streams.ts";
import type { Ports } from "./types.ts";

const MARK = "health";

export class Health {
  level: HealthLevel = "GREEN";
  private toldAt = Number.NEGATIVE_INFINITY;
  private readonly ports: Ports;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  async load(): Promise<void> {
    const row = await this.ports.store.get(routerMarks, MARK);
    if (!row) return;
    this.level = HealthLevel.parse(row.value.value);
    this.toldAt = row.value.ts;
  }

  /** An older one that comes again counts for nothing. */
  async hear({ level, ts }: HealthEvent): Promise<void> {
    if (ts < this.toldAt) return;
    this.level = level;
    this.toldAt = ts;
    await this.ports.store.commit([put(routerMarks, { id: MARK, value: level, ts })]);
  }
}
