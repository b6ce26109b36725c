/** Funding of perpetual futures; missing on markets without it. */
import { family, reading } from "./factor.ts";
import type { Inputs } from "./inputs.ts";

const MINUTE_MS = 60_000;
const BINANCE = "Binance USDⓈ-M mark price stream";

const ofFunding = (
  name: string,
  { formula, range }: { formula: string; range: readonly [number, number] },
  read: (inputs: Inputs, now: number) => number,
) =>
  family({
    family: name,
    pattern: name,
    example: name,
    formula,
    source: BINANCE,
    range,
    needs: ["funding"],
    make: (_, inputs) => reading((now) => read(inputs, now)),
  });

export const fundingRate = ofFunding(
  "funding_rate",
  { formula: "the next funding rate, a fraction of notional; longs pay when it is positive", range: [-1, 1] },
  ({ funding }) => funding.rate,
);

/** Missing once the time has passed and the next one is not yet told. */
export const minutesToFunding = ofFunding(
  "minutes_to_funding",
  { formula: "minutes of exchange time to the next funding", range: [0, Number.POSITIVE_INFINITY] },
  ({ funding }, now) => (funding.nextTs >= now ? (funding.nextTs - now) / MINUTE_MS : Number.NaN),
);

export const basis = ofFunding(
  "basis_bps",
  { formula: "(mark − index)/index·10⁴", range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] },
  ({ funding }) => ((funding.mark - funding.index) / funding.index) * 1e4,
);
