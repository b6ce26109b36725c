/** Makes the facts of a report out of what was gathered: pure arithmetic, the same for the same inputs. */
import { type Amount, add, dec, mul, show, zero } from "../../shared/domain/money.ts";
import type { Order } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import { costsOf, referenceOf, showCosts, slippageOf } from "../../shared/trading/autopsy/costs.ts";
import { percentileRank, quartilesOf } from "../../shared/trading/autopsy/percentile.ts";
import { roeCurve } from "../../shared/trading/autopsy/roe-curve.ts";
import { type Plan, whatIfs } from "../../shared/trading/autopsy/what-if.ts";
import { curveBps } from "../../shared/trading/execution/cost.ts";
import { MINUTE_MS } from "../../shared/trading/labels/price-path.ts";
import { type AutopsyFacts, FACTS_FORMAT, type PeerRow, type Peers, type SlippageRow } from "./facts.ts";
import type { PeersFound } from "./find-peers.ts";
import type { Gathered } from "./gather.ts";
import { evenly, merged } from "./thin.ts";

const BPS = 10_000;
/** More bars or points than this would not be told apart on paper. */
const BARS_MAX = 240;
const POINTS_MAX = 480;

export function factsOf(gathered: Gathered): AutopsyFacts {
  const { trade, fills, payments, bars, listing, curve, signal, decision, peers } = gathered;
  const rules = { spot: listing.market === "SPOT", base: listing.base, step_size: listing.step_size };
  const slippage = slippageRows(gathered);
  const costs = showCosts(
    costsOf(
      trade,
      slippage.map(({ slippage_usdt }) => dec(slippage_usdt)),
    ),
  );
  const { rows, until } = whatIfRows(gathered);
  const shown = merged(bars, BARS_MAX);
  return {
    ...{ format: FACTS_FORMAT, trade, roi_net: roiOf(trade) },
    ...(peers.regime !== undefined && { regime: peers.regime }),
    ...(signal && { signal }),
    ...(decision && { decision }),
    ...{ fills: [...fills], orders: [...gathered.orders], payments: [...payments], costs, slippage },
    ...(curve && { curve }),
    path: { from: gathered.from, to: gathered.to, ...shown },
    roe: evenly(roeCurve({ trade, fills, payments, rules }, bars, MINUTE_MS), POINTS_MAX),
    ...{ peers: peersOf(trade, peers), what_ifs: rows },
    ...(until !== undefined && { what_ifs_until: until }),
    holes: [...gathered.holes],
  };
}

export const roiOf = ({ pnl_usdt, margin_usdt }: Trade): number =>
  Number(margin_usdt) > 0 ? Number(pnl_usdt) / Number(margin_usdt) : 0;

function slippageRows({ fills, orders, curve }: Gathered): SlippageRow[] {
  const byId = new Map<string, Order>(orders.map((order) => [order.client_order_id, order]));
  return fills.map((fill): SlippageRow => {
    const reference = referenceOf(fill, byId.get(fill.client_order_id));
    const cost = slippageOf(fill, reference);
    const notional = mul(dec(fill.price), dec(fill.qty));
    const held = reference === undefined ? 0 : Number(show(mul(reference, dec(fill.qty))));
    const { fill_id, client_order_id, ts, kind, side, maker, qty, price, fee_usdt } = fill;
    return {
      ...{ fill_id, client_order_id, ts, kind, side, maker, qty, price, fee_usdt, notional_usdt: show(notional) },
      ...(reference !== undefined && { reference: show(reference) }),
      slippage_usdt: show(cost),
      ...(held > 0 && { slippage_bps: (Number(show(cost)) / held) * BPS }),
      ...(curve && !fill.maker && { curve_bps: curveBps(curve, Number(show(notional))) }),
    };
  });
}

/** Stops and targets are those of the entry: later moves are what the plan is compared with. */
function whatIfRows({ trade, fills, decision, takerFee, bars, rates, curve, from, to }: Gathered) {
  const stop = trade.stops[0]?.stop_price ?? decision?.sizing?.stop_price ?? trade.stop_price;
  const target = decision?.sizing?.take_profit_price ?? trade.take_profit_price;
  const qty = dec(trade.entry_qty);
  const entry = dec(trade.avg_entry);
  const entered = fills.find(({ side }) => side === trade.side)?.ts ?? trade.opened_at;
  const plan: Plan = {
    ...{ side: trade.side, qty, entry, margin: dec(trade.margin_usdt), takerFee: dec(takerFee) },
    ...{ stop: stop === undefined ? undefined : dec(stop), target: target === undefined ? undefined : dec(target) },
  };
  const actual = {
    ...{ gross: dec(trade.realised_usdt), fees: dec(trade.fees_usdt), funding: dec(trade.funding_usdt) },
    ...{ margin: plan.margin, qty, notional: mul(qty, entry), at: trade.closed_at },
    exit: trade.avg_exit === undefined ? undefined : dec(trade.avg_exit),
    how: trade.exit_reason ?? "closed",
  };
  const isWhole = from <= entered;
  const course = isWhole ? { from: entered, to, bars, funding: rates } : undefined;
  const hasLevels = plan.stop !== undefined || plan.target !== undefined;
  return { rows: whatIfs({ plan, actual, course, curve }), until: isWhole && hasLevels ? to : undefined };
}

const MEASURES: readonly { what: PeerRow["what"]; of: (trade: Trade) => number }[] = [
  { what: "roi_net", of: roiOf },
  { what: "net_usdt", of: ({ pnl_usdt }) => Number(pnl_usdt) },
  { what: "held_ms", of: ({ opened_at, closed_at }) => (closed_at ?? opened_at) - opened_at },
  { what: "fees_bps", of: feesBps },
];

/** Of all that was turned over. */
function feesBps({ fees_usdt, entry_cost_usdt, exit_value_usdt }: Trade): number {
  const turnover: Amount = add(dec(entry_cost_usdt ?? "0"), dec(exit_value_usdt ?? "0"));
  return turnover === zero ? 0 : (Number(fees_usdt) / Number(show(turnover))) * BPS;
}

function peersOf(trade: Trade, { regime, from, to, looked_at, trades }: PeersFound): Peers {
  const rows = MEASURES.flatMap(({ what, of }): PeerRow[] => {
    const others = trades.map(of);
    const quartiles = quartilesOf(others);
    const percentile = percentileRank(of(trade), others);
    return quartiles && percentile !== undefined ? [{ what, value: of(trade), percentile, ...quartiles }] : [];
  });
  return {
    ...(regime !== undefined && { regime }),
    ...{ notional_from: from, notional_to: to, looked_at, count: trades.length, rows },
  };
}
