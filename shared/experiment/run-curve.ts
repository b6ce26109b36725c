/** An equity curve thinned for drawing: a few hundred points, with every peak and trough that can be seen. */
import type { CurvePoints } from "../domain/experiment.ts";
import { thinned } from "../report/thin.ts";
import type { EquityPoint } from "../trading/stats/equity-curve.ts";

export const CURVE_POINTS_MAX = 500;

/** At most `CURVE_POINTS_MAX` points, USDT, the first and the last among them. */
export const curveOf = ({ equity }: { readonly equity: readonly EquityPoint[] }): CurvePoints =>
  thinned(
    equity.map(({ ts, equity_usdt }) => [ts, Number(equity_usdt)]),
    CURVE_POINTS_MAX,
  ).map(([ts, worth]) => [ts, worth]);
