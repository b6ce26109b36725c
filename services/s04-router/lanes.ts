/** Bounds what is under way about each key at once: one instrument's burst must not hold up the calls of others. */

interface Lane {
  free: number;
  readonly waiting: (() => void)[];
}

export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly atOnce: number;

  constructor(atOnce: number) {
    this.atOnce = atOnce;
  }

  /** Nothing: it may go on in this very turn. Else it may once the promise has resolved. Either way `leave` follows. */
  enter(key: string): Promise<void> | undefined {
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { free: this.atOnce, waiting: [] };
      this.lanes.set(key, lane);
    }
    const { waiting } = lane;
    if (lane.free === 0) return new Promise((resolve) => waiting.push(resolve));
    lane.free -= 1;
    return undefined;
  }

  /** Whoever has waited longest goes on. */
  leave(key: string): void {
    const lane = this.lanes.get(key);
    if (!lane) return;
    const next = lane.waiting.shift();
    if (next) next();
    else lane.free += 1;
    if (lane.free === this.atOnce) this.lanes.delete(key);
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.enter(key);
    if (turn) await turn;
    try {
      return await work();
    } finally {
      this.leave(key);
    }
  }
}
