/** Reads on in what another service keeps, in order of a time: each record once, some pages at a time. */
import type { Collection, Query, Row, Store } from "../../shared/kit/ports.ts";

const PAGE = 500;
/** In one look. */
const PAGES_MAX = 10;

export interface LaneOf<T> {
  store: Pick<Store, "query">;
  collection: Collection<T>;
  /** Indexed, by which it is read. */
  field: keyof T & string;
  where?: NonNullable<Query["where"]>;
  from: number;
  /** Records are kept a little later than their own time says: how far back is looked again. */
  overlapMs: number;
}

export class Lane<T> {
  private readonly of: LaneOf<T>;
  private from: number;
  private newest: number;
  private cursor: string | undefined;
  /** What was taken and would be found again, with its time. */
  private readonly taken = new Map<string, number>();

  constructor(of: LaneOf<T>) {
    this.of = of;
    this.from = of.from;
    this.newest = of.from;
  }

  /** Takes what is new, oldest first; false: there is more than one look reads. */
  async read(take: (value: T) => unknown): Promise<boolean> {
    const { store, collection, field, where } = this.of;
    this.forget(this.newest - this.of.overlapMs);
    for (let page = 0; page < PAGES_MAX; page++) {
      const { items, next_cursor } = await store.query(collection, {
        where: { ...where, [field]: { gte: this.from } },
        sort: { field, order: "asc" },
        limit: PAGE,
        ...(this.cursor !== undefined && { cursor: this.cursor }),
      });
      for (const row of items) await this.takeOnce(row, take);
      this.cursor = next_cursor;
      if (next_cursor === undefined) {
        this.lookBack();
        return true;
      }
    }
    return false;
  }

  private async takeOnce({ key, value }: Row<T>, take: (value: T) => unknown): Promise<void> {
    const ts = Number(value[this.of.field]);
    if (this.taken.has(key)) return;
    await take(value);
    this.taken.set(key, ts);
    this.newest = Math.max(this.newest, ts);
  }

  private lookBack(): void {
    this.from = Math.max(this.of.from, this.newest - this.of.overlapMs);
    this.forget(this.from);
  }

  /** Also on the way through what is long past: a cursor comes by nothing twice, and a look back goes no further. */
  private forget(before: number): void {
    for (const [key, ts] of this.taken) if (ts < before) this.taken.delete(key);
  }
}
