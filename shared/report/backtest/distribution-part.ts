/** How the results of trades and their holding times are spread, and who earned what: by instrument, side and way out. */
import { add, dec, show, sum } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { tradeMetrics } from "../../trading/stats/trade-metrics.ts";
import { money, number, percent, toned } from "../figures.ts";
import { histogram } from "../histogram.ts";
import { html, type Markup, NOTHING } from "../markup.ts";
import { type Cell, figure, section, table, text } from "../tables.ts";
import type { BacktestFacts } from "./facts.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const UNITS = [
  { ms: 24 * HOUR_MS, name: "days" },
  { ms: HOUR_MS, name: "hours" },
  { ms: MINUTE_MS, name: "minutes" },
  { ms: 1_000, name: "seconds" },
];

export function distributionPart({ result }: BacktestFacts): Markup {
  const closed = result.trades.filter(({ closed_at }) => closed_at !== undefined);
  if (closed.length === 0) return NOTHING;
  const results = histogram({
    ...{ name: "Net results of the closed trades", values: closed.map(({ pnl_usdt }) => Number(pnl_usdt)) },
    unit: "net result of a trade, USDT",
    label: (value) => number(value, Math.abs(value) < 10 && !Number.isInteger(value) ? 2 : 0),
  });
  const held = closed.map(({ opened_at, closed_at = opened_at }) => closed_at - opened_at);
  const unit = unitOf(held);
  const times = histogram({
    ...{ name: "Holding times of the closed trades", values: held.map((ms) => ms / unit.ms), isPlain: true },
    unit: `time held, ${unit.name}`,
    label: (value) => number(value, Number.isInteger(value) ? 0 : 1),
  });
  return section(
    "How trades came out",
    html`<div class="twins">${results}${times}</div><p class="note">Closed trades; the bars at the ends hold what lies further out.</p>${groupTables(result.trades)}`,
  );
}

/** The largest of which the middle holding time has two. */
function unitOf(held: readonly number[]): (typeof UNITS)[number] {
  const middle = held.toSorted((a, b) => a - b)[held.length >> 1] ?? 0;
  return UNITS.find(({ ms }) => middle >= 2 * ms) ?? UNITS[UNITS.length - 1]!;
}

const COLUMNS = [
  ...[figure("trades"), figure("won"), figure("net, USDT"), figure("a trade, USDT"), figure("profit factor")],
  ...[figure("fees, USDT"), figure("funding, USDT")],
];

const groupTables = (trades: readonly Trade[]): Markup =>
  html`${groups("By instrument", "instrument", trades, ({ instrument }) => instrument)}
${groups("By strategy", "strategy", trades, ({ strategy_id }) => strategy_id || "none")}
${groups("By direction", "direction", trades, ({ side }) => (side === "BUY" ? "long" : "short"))}
${groups("By way out", "ended by", trades, ({ exit_reason, closed_at }) => (closed_at === undefined ? "still open" : (exit_reason ?? "unknown")))}`;

/** Open trades count with what they are worth at the end. */
function groups(caption: string, name: string, trades: readonly Trade[], by: (trade: Trade) => string): Markup {
  const rows = [...Map.groupBy(trades, by)].map(([key, some]): { net: number; cells: Cell[] } => {
    const metrics = tradeMetrics(some);
    const net = show(sum(some.map(({ pnl_usdt }) => dec(pnl_usdt))));
    const fees = show(some.reduce((all, { fees_usdt }) => add(all, dec(fees_usdt)), dec("0")));
    const funding = show(some.reduce((all, { funding_usdt }) => add(all, dec(funding_usdt)), dec("0")));
    return {
      net: Number(net),
      cells: [
        ...[key, String(some.length), metrics.hit_rate === null ? undefined : percent(metrics.hit_rate, 0)],
        ...[
          toned(Number(net), money(net, 2, true)),
          metrics.expectancy_usdt && money(metrics.expectancy_usdt, 2, true),
        ],
        ...[metrics.profit_factor === null ? undefined : number(metrics.profit_factor, 2)],
        ...[money(fees), money(funding, 2, true)],
      ].map((cell) => cell ?? undefined),
    };
  });
  const sorted = rows.toSorted((a, b) => b.net - a.net).map(({ cells }) => cells);
  return table(caption, [text(name), ...COLUMNS], sorted);
}
