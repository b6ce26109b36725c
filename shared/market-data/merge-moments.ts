/** Several series of moments made one, in order of time; of one moment, those of the earlier series come first. */
import type { TapeMoment } from "../backtest/tape.ts";

/** Each batch is in order, and begins no earlier than the one before it ended. */
export type Moments = AsyncIterator<readonly TapeMoment[]>;

interface Lane {
  readonly moments: Moments;
  batch: readonly TapeMoment[];
  at: number;
  isDone: boolean;
}

/** Calls `each` with all of them; answers when all are through. */
export async function mergeMoments(all: readonly Moments[], each: (moment: TapeMoment) => void): Promise<void> {
  const lanes = all.map((moments): Lane => ({ moments, batch: [], at: 0, isDone: false }));
  for (;;) {
    for (const lane of lanes) await fill(lane);
    const open = lanes.filter(({ isDone }) => !isDone);
    if (open.length === 0) return;
    drain(open, each);
  }
}

async function fill(lane: Lane): Promise<void> {
  while (!lane.isDone && lane.at >= lane.batch.length) {
    const next = await lane.moments.next();
    if (next.done) lane.isDone = true;
    else [lane.batch, lane.at] = [next.value, 0];
  }
}

/** Until one of them must be filled. */
function drain(lanes: readonly Lane[], each: (moment: TapeMoment) => void): void {
  for (;;) {
    let first = lanes[0]!;
    let firstAt = first.batch[first.at]!.at;
    for (let n = 1; n < lanes.length; n++) {
      const lane = lanes[n]!;
      const { at } = lane.batch[lane.at]!;
      if (at < firstAt) [first, firstAt] = [lane, at];
    }
    each(first.batch[first.at++]!);
    if (first.at >= first.batch.length) return;
  }
}
