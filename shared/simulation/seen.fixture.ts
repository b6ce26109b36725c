/** Signals by hand, with what the live decision said of them and what they earned. */
import type { Signal } from "../domain/decision.ts";
import type { Horizon } from "../domain/simulation.ts";
import { listingOf, NOON, signalWith } from "../trading/decision/decision.fixture.ts";
import type { SeenLabel, SeenSignal } from "./weigher.ts";

export const FUT = "FUT:BTCUSDT";
export const LISTINGS = [listingOf(FUT), listingOf("SPOT:BTCUSDT")];
const MINUTE_MS = 60_000;

interface Hand {
  /** Minutes after noon. */
  at?: number;
  values?: Record<string, number | null>;
  signal?: Partial<Signal>;
  known?: Pick<SeenSignal, "model" | "program">;
  labels?: Partial<Record<Horizon, Partial<SeenLabel>>>;
}

/** A signal that the bundle of the decision fixture opens as a long, unless something is changed. */
export function seen({ at = 0, values = {}, signal = {}, known = {}, labels = {} }: Hand = {}): SeenSignal {
  const made = signalWith(values);
  const ts = NOON + at * MINUTE_MS;
  const labelled = Object.entries(labels).map(([horizon, label]) => [
    horizon,
    { side: "BUY", roi_net: 0, leverage: 20, ...label },
  ]);
  return {
    signal: { ...made, signal_id: `at-${at}`, ts, features: { ...made.features, ts }, ...signal },
    ...known,
    labels: Object.fromEntries(labelled),
  };
}
