/** How much dearer one instrument is than another: a future than its spot market. */
import { newestOfBoth } from "./closes.ts";
import { family, reading } from "./factor.ts";

export const basisOfBoth = family({
  family: "basis_of",
  pattern: "basis_bps_{tf}",
  example: "basis_bps_1m@SPOT:BTCUSDT",
  formula: "(C/C of the other − 1)·10⁴ at the newest bar that both have closed",
  source: "Hull, Options, Futures, and Other Derivatives",
  range: [-1e4, Number.POSITIVE_INFINITY],
  needs: ["bar"],
  pair: true,
  bars: () => 1,
  usesOfPeer: ({ timeframe }) => [`close_${timeframe}`],
  make: (_, __, sources) =>
    reading((now) => {
      const own = sources.own();
      const peer = sources.peer();
      const ts = newestOfBoth(now, own, peer);
      return Number.isNaN(ts) ? Number.NaN : (own!.at(ts) / peer!.at(ts) - 1) * 1e4;
    }),
});
