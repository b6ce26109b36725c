/** The newest of each kind: as many as are looked at, so that a look costs the same however long a backtest has run. */

export class Newest<T> {
  private readonly max: number;
  private readonly kinds = new Map<string, Map<string, T>>();

  constructor(max: number) {
    this.max = max;
  }

  /** `isKnown`: it was put before, and is told anew; one that is too old by now stays away. */
  put(kind: string, id: string, { one, isKnown }: { one: T; isKnown: boolean }): void {
    const all = this.kinds.get(kind) ?? new Map<string, T>();
    this.kinds.set(kind, all);
    if (isKnown && !all.has(id)) return;
    all.set(id, one);
    if (all.size <= this.max) return;
    for (const oldest of all.keys()) {
      all.delete(oldest);
      return;
    }
  }

  /** Newest first. */
  of(kind: string): T[] {
    return [...(this.kinds.get(kind)?.values() ?? [])].reverse();
  }
}
