/** Whether the trend is the same on three timeframes. */
import { TIMEFRAMES } from "../../domain/market.ts";
import { type FactorParams, family, reading } from "./factor.ts";

const LONGER = 2;

/** For each timeframe, the fast and the slow average of its closes. */
const averages = ({ numbers: [fast, slow], timeframe }: FactorParams): [string, string][] => {
  const at = TIMEFRAMES.indexOf(timeframe!);
  return TIMEFRAMES.slice(at, at + LONGER + 1).map((tf) => [`ema_${fast}_${tf}`, `ema_${slow}_${tf}`]);
};

export const agreement = family({
  family: "trend_agree",
  pattern: "trend_agree_{n}_{n}_{tf}",
  example: "trend_agree_8_21_1m",
  formula:
    "mean of sign(EMA_fast − EMA_slow) over the timeframe and the two next longer ones: 1 all up, −1 all down; " +
    "numbers are fast, slow",
  source: "Triple screen; Elder, Trading for a Living, 1993",
  range: [-1, 1],
  needs: ["bar"],
  uses: (params) => averages(params).flat(),
  accepts: ({ numbers: [fast, slow], timeframe }) =>
    fast! < slow! && TIMEFRAMES.indexOf(timeframe!) + LONGER < TIMEFRAMES.length,
  make: (params, _, sources) => {
    const pairs = averages(params);
    return reading(() => {
      let sum = 0;
      for (const [fast, slow] of pairs) sum += Math.sign(sources.value(fast) - sources.value(slow));
      return sum / pairs.length;
    });
  },
});
