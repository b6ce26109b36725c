/** What a simulation is asked to do, with its defaults filled in; what makes no sense is refused by its field. */
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { SimulationRequest } from "../../shared/domain/simulation.ts";
import { type FieldError, refuse } from "../../shared/errors.ts";
import type { NewSimulation } from "./simulation-types.ts";

const DAY_MS = 86_400_000;
const WINDOW_DAYS_MAX = 90;

interface Around {
  /** Epoch ms. */
  readonly now: number;
  /** The two that are compared. */
  readonly bundles: readonly Bundle[];
}

/** A window that reaches beyond now ends now. Throws INVALID with every fault by its field. */
export function requestOf({ window, ...asked }: NewSimulation, { now, bundles }: Around): SimulationRequest {
  const { from_ts, to_ts } = window ?? { from_ts: now - DAY_MS, to_ts: now };
  const horizons = [...new Set(asked.horizons)];
  const request = { ...asked, horizons, window: { from_ts, to_ts: Math.min(to_ts, now) } };
  const errors = [...windowErrors(request.window), ...instrumentErrors(request, bundles)];
  if (request.method === "REPLAY" && request.sensitivity) {
    errors.push({ field: "sensitivity", message: "is told of signals of the past: ask by LABELS" });
  }
  if (errors.length > 0) {
    const detail = errors.map(({ field, message }) => `${field} ${message}`).join("; ");
    refuse("INVALID", `The simulation cannot be run so: ${detail}.`, { errors });
  }
  return request;
}

function windowErrors({ from_ts, to_ts }: SimulationRequest["window"]): FieldError[] {
  if (!(from_ts >= 0)) return [{ field: "window.from_ts", message: "is epoch milliseconds, at least 0" }];
  if (!(to_ts > from_ts)) return [{ field: "window.to_ts", message: "is not after from_ts, or both lie ahead" }];
  if (to_ts - from_ts <= WINDOW_DAYS_MAX * DAY_MS) return [];
  return [{ field: "window.to_ts", message: `is more than ${WINDOW_DAYS_MAX} days after from_ts` }];
}

function instrumentErrors({ instruments }: SimulationRequest, bundles: readonly Bundle[]): FieldError[] {
  if (instruments?.length === 0) return [{ field: "instruments", message: "names none: leave it out for all" }];
  const known = new Set(bundles.flatMap((bundle) => bundle.instruments.map(({ instrument }) => instrument)));
  return (instruments ?? []).flatMap((instrument, i) =>
    known.has(instrument) ? [] : [{ field: `instruments.${i}`, message: `${instrument} is in neither bundle` }],
  );
}
