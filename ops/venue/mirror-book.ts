/** When a mirrored book is whole: joins a snapshot with the differences around it, and sees every gap between them. */
import type { RecordedEvent } from "../../shared/market-data/recorded-line.ts";

export type DepthEvent = RecordedEvent & { kind: "depth" };
export type SnapshotEvent = RecordedEvent & { kind: "snapshot" };
export interface Difference {
  readonly event: DepthEvent;
  readonly raw: string;
}

/** Differences kept while a snapshot is on its way: at ten a second, minutes. */
const WAITING_MAX = 4_096;

/** What a difference or a snapshot comes to: `apply` in this order; `gap` or `stale`: get a snapshot. */
export type Step =
  | { readonly kind: "apply"; readonly differences: readonly Difference[] }
  | { readonly kind: "wait" }
  | { readonly kind: "gap" }
  | { readonly kind: "stale" };

/** The id that a difference follows: futures ids have holes, so that theirs is said and not counted. */
const beginsAfter = ({ first, prev }: DepthEvent): number => prev ?? first - 1;

/**
 * Binance's rules for both markets: what ends by the snapshot is dropped, the first that goes beyond it follows no later id,
 * and from then on each follows the last (spot `U = u + 1`, futures `pu = u`).
 */
export class MirrorBook {
  private waiting: Difference[] = [];
  /** Update id of the last applied; nothing while there is no whole book. */
  private last: number | undefined;
  private isFirst = true;

  get isWhole(): boolean {
    return this.last !== undefined;
  }

  /** Begins anew: keeps what comes until there is a snapshot. */
  reset(): void {
    this.waiting = [];
    this.last = undefined;
    this.isFirst = true;
  }

  onDifference(difference: Difference): Step {
    if (this.last === undefined) {
      this.waiting.push(difference);
      if (this.waiting.length > WAITING_MAX) this.waiting.shift();
      return { kind: "wait" };
    }
    const { event } = difference;
    if (event.last <= this.last && this.isFirst) return { kind: "wait" };
    if (!this.follows(event, this.last)) {
      this.reset();
      this.waiting.push(difference);
      return { kind: "gap" };
    }
    this.last = event.last;
    this.isFirst = false;
    return { kind: "apply", differences: [difference] };
  }

  private follows(event: DepthEvent, after: number): boolean {
    const from = beginsAfter(event);
    return this.isFirst ? from <= after && event.last > after : from === after;
  }

  onSnapshot(snapshot: SnapshotEvent): Step {
    const newer = this.waiting.filter(({ event }) => event.last > snapshot.last);
    const [first] = newer;
    if (first !== undefined && beginsAfter(first.event) > snapshot.last) return { kind: "stale" };
    this.waiting = [];
    this.last = snapshot.last;
    this.isFirst = true;
    const applied: Difference[] = [];
    for (const difference of newer) {
      const step = this.onDifference(difference);
      if (step.kind === "gap") return step;
      applied.push(difference);
    }
    return { kind: "apply", differences: applied };
  }
}
