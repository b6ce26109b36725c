/** What the router tells in its metrics: orders, fills, fees and slippage by instrument and strategy; the risk budget. */

import { dec, mul, toNumber } from "../../shared/domain/money.ts";
import type { Fill } from "../../shared/domain/order.ts";
import type { Metrics } from "../../shared/kit/service.ts";
import type { Booked } from "./orders-book.ts";
import type { Router } from "./router.ts";

const SLIPPAGE_BPS_BUCKETS = [-20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50, 100];
/** Of orders that no strategy made: a person's, or a repair's. */
const NO_STRATEGY = "none";

const ABOUT = ["instrument", "strategy_id"];

/** Counts what was booked. */
export function bookedFigures(metrics: Pick<Metrics, "counter" | "histogram">): (booked: Booked) => void {
  const intents = metrics.counter("intents_total", "Intents that ended, by what they came to", [
    ...ABOUT,
    ...["kind", "status"],
  ]);
  const orders = metrics.counter("orders_total", "Orders that ended, by how", [...ABOUT, "kind", "status"]);
  const fills = metrics.counter("fills_total", "Fills by what was done and on which side of the book", [
    ...ABOUT,
    ...["kind", "liquidity"],
  ]);
  const volume = metrics.counter("volume_usdt_total", "Value of what was bought and sold, USDT", [
    ...ABOUT,
    ...["side", "liquidity"],
  ]);
  const fees = metrics.counter("fees_usdt_total", "Fees of fills, paid or (as rebates) received, USDT", [
    ...ABOUT,
    "direction",
  ]);
  const slipped = metrics.histogram(
    "slippage_bps",
    "Price of a fill against the mid as its order was sent, basis points; above 0 it was worse",
    { labels: [...ABOUT, "liquidity"], buckets: SLIPPAGE_BPS_BUCKETS },
  );
  const slippage = metrics.counter(
    "slippage_usdt_total",
    "What fills cost beyond the mid as their order was sent (worse), or came cheaper by (better), USDT",
    [...ABOUT, "direction"],
  );
  const take = (fill: Fill, about: { instrument: string; strategy_id: string }): void => {
    const liquidity = fill.maker ? "maker" : "taker";
    const notional = toNumber(mul(dec(fill.price), dec(fill.qty)));
    fills.inc({ ...about, kind: fill.kind, liquidity });
    volume.inc({ ...about, side: fill.side, liquidity }, notional);
    const fee = toNumber(dec(fill.fee_usdt));
    fees.inc({ ...about, direction: fee < 0 ? "received" : "paid" }, Math.abs(fee));
    slipped.observe(fill.slippage_bps, { ...about, liquidity });
    const cost = (notional * fill.slippage_bps) / 10_000;
    slippage.inc({ ...about, direction: cost < 0 ? "better" : "worse" }, Math.abs(cost));
  };
  return ({ intent, ended, fills: fresh, came }) => {
    const about = { instrument: intent.instrument, strategy_id: intent.strategy_id ?? NO_STRATEGY };
    for (const { kind, status } of ended) orders.inc({ ...about, kind, status });
    for (const fill of fresh) take(fill, about);
    if (came !== undefined) intents.inc({ ...about, kind: intent.kind, status: came });
  };
}

/** Tells how much of the risk budget is taken: a job, since it is what it is between two changes too. */
export function budgetFigures(metrics: Pick<Metrics, "gauge">, router: Pick<Router, "budget" | "recovery">) {
  const labels = ["account"];
  const whole = metrics.gauge(
    "risk_budget_usdt",
    "What all that is open may lose at worst, by the config, USDT",
    labels,
  );
  const used = metrics.gauge("risk_budget_used_usdt", "What open positions may lose at worst, USDT", labels);
  const reserved = metrics.gauge("risk_budget_reserved_usdt", "What running entries may lose at worst, USDT", labels);
  const open = metrics.gauge("open_positions", "Instruments on which something is held", labels);
  return async (): Promise<void> => {
    if (!router.recovery.reconciled) return;
    const { account, budget_usdt, used_usdt, reserved_usdt, open_positions } = router.budget();
    whole.set(Number(budget_usdt), { account });
    used.set(Number(used_usdt), { account });
    reserved.set(Number(reserved_usdt), { account });
    open.set(open_positions, { account });
  };
}
