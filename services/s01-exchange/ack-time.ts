/** How long the exchange takes to answer an order, counted by what the answer was. */
import type { Market } from "../../shared/domain/instrument.ts";
import { Problem } from "../../shared/errors.ts";
import type { Surroundings } from "./types.ts";

/** Runs it and counts its milliseconds under "accepted" or the code of what it threw. */
export async function ackTimed<T>(
  { clock, meters }: Pick<Surroundings, "clock" | "meters">,
  market: Market,
  run: () => Promise<T>,
): Promise<T> {
  const startedAt = clock.mono();
  let outcome = "accepted";
  try {
    return await run();
  } catch (error) {
    outcome = error instanceof Problem ? error.code.toLowerCase() : "failed";
    throw error;
  } finally {
    meters.ackMs.observe(clock.mono() - startedAt, { market, outcome });
  }
}
