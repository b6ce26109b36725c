/** What people can read of the position manager: open positions, trades, results, equity. */
import { z } from "@hono/zod-openapi";
import { trades } from "../../shared/collections/trades.ts";
import { Trade } from "../../shared/domain/trade.ts";
import { refuse } from "../../shared/errors.ts";
import { itemsAsCsv } from "../../shared/kit/csv.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { ListOf, newestFirst, pageOf } from "../../shared/paging.ts";
import type { Positions } from "./positions.ts";
import { Equity, OpenPosition, PnlQuery, PnlRow, TradesQuery } from "./types.ts";

const TRADES_CSV = itemsAsCsv<Trade>(
  ...(["trade_id", "account", "instrument", "strategy_id", "signal_id", "side", "status"] as const),
  ...(["opened_at", "closed_at", "entry_qty", "exit_qty", "open_qty", "avg_entry", "avg_exit"] as const),
  ...(["realised_usdt", "fees_usdt", "funding_usdt", "pnl_usdt", "margin_usdt", "leverage"] as const),
  ...(["adds", "exit_reason", "config_rev"] as const),
);
const PNL_CSV = itemsAsCsv<PnlRow>(
  ...(["key", "trades", "wins", "realised_usdt", "fees_usdt", "funding_usdt", "pnl_usdt"] as const),
);

export const readingVerbs = (store: Store, positions: Positions): Verb[] => [
  verb({
    name: "listPositions",
    summary: "Open trades with price, unrealised result and ROE, beside what the exchange says",
    rest: "GET /positions",
    input: z.object({}),
    output: z.object({ items: z.array(OpenPosition) }),
    run: () => ({ items: positions.accounting.openPositions() }),
  }),
  verb({
    name: "listTrades",
    summary: "Trades, newest first",
    rest: "GET /trades",
    input: TradesQuery,
    output: ListOf(Trade),
    csv: TRADES_CSV,
    run: async ({ instrument, strategy_id, status, ...asked }) =>
      pageOf(await store.query(trades, newestFirst(asked, "opened_at", { instrument, strategy_id, status }))),
  }),
  verb({
    name: "readTrade",
    summary: "One trade",
    rest: "GET /trades/{id}",
    input: z.object({ id: z.string().max(128) }),
    output: Trade,
    async run({ id }) {
      return (await store.get(trades, id))?.value ?? refuse("NOT_FOUND", `there is no trade ${id}`);
    },
  }),
  verb({
    name: "readPnl",
    summary: "Results of closed trades by strategy, instrument or UTC day",
    rest: "GET /pnl",
    input: PnlQuery,
    output: z.object({ items: z.array(PnlRow) }),
    csv: PNL_CSV,
    async run({ by, from_ts, to_ts }) {
      const span = { ...(from_ts === undefined ? {} : { from_ts }), ...(to_ts === undefined ? {} : { to_ts }) };
      return { items: await positions.accounting.pnl(by, span) };
    },
  }),
  verb({
    name: "readEquity",
    summary: "Equity, today's result and drawdown",
    rest: "GET /equity",
    input: z.object({}),
    output: Equity,
    run: () => positions.accounting.equity(),
  }),
];
