/** Time as a recording has it: every process's clock stands so far from the machine's that the recording is now. */

import { wallClock } from "../../shared/adapters/clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { openReplayMarket } from "../venue/replay-market.ts";

/** Time to come up in before the recording begins, s. */
export const LEAD_S = { one: 4, processes: 20 };

export interface RecordedClock {
  /** What every clock is ahead of the machine's, ms; mostly far below zero. */
  aheadMs: number;
  /** False once the recording has begun: who comes up now has missed its beginning. */
  isBefore(): boolean;
}

/** A clock that reaches the recording's first line when the installation has had its time to come up. */
export async function recordedClock(files: readonly string[], leadS: number): Promise<RecordedClock> {
  const machine = wallClock();
  const market = await openReplayMarket({ clock: machine, files, listings: defaultListings() });
  const { startsAt } = market;
  market.stop();
  const aheadMs = Math.floor(startsAt - leadS * 1_000 - machine.now());
  return { aheadMs, isBefore: () => machine.now() + aheadMs < startsAt };
}

/** What `up` has told its processes. */
export const clockAheadMs = (env: Record<string, string | undefined>): number =>
  Number(env.CHIMERA_CLOCK_AHEAD_MS ?? 0);
