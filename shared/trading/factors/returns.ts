/** How far the price has moved in the last seconds or minutes. */
import { family, reading } from "./factor.ts";

/** The mid holds between tickers, so the mid of then is the last one at or before `now − window`. */
export const midReturn = family({
  family: "ret",
  pattern: "ret_{w}",
  example: "ret_10s",
  formula: "(mid/mid a window ago − 1)·10⁴, in bps",
  source: "Definition",
  range: [-1e4, Number.POSITIVE_INFINITY],
  needs: ["ticker"],
  make: ({ windowMs }, inputs) => {
    const trail = inputs.midTrail(windowMs);
    return reading((now) => (inputs.top.mid / trail.before(now) - 1) * 1e4);
  },
});

export const last = family({
  family: "last",
  pattern: "last",
  example: "last",
  formula: "price of the newest trade",
  source: "Definition",
  range: [0, Number.POSITIVE_INFINITY],
  needs: ["trade"],
  make: (_, inputs) => reading(() => inputs.lastPrice),
});
