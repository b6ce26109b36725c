/** A sample of fixed size from a stream of unknown length, each item as likely as any other. Vitter 1985, algorithm R. */
import type { Chance } from "../trading/stats/chance.ts";

export class Reservoir<T> {
  readonly items: T[] = [];
  private readonly size: number;
  private readonly chance: Chance;
  private seen = 0;

  constructor(size: number, chance: Chance) {
    this.size = size;
    this.chance = chance;
  }

  take(item: T): void {
    this.seen++;
    if (this.items.length < this.size) {
      this.items.push(item);
      return;
    }
    const place = Math.floor(this.chance.next() * this.seen);
    if (place < this.size) this.items[place] = item;
  }
}
