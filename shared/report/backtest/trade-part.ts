/** Trades on price, and the best and the worst of them in a table. */
import { dec, sub } from "../../domain/money.ts";
import type { Trade } from "../../domain/trade.ts";
import { briefly, moment, money, percent, price, toned } from "../figures.ts";
import { html, type Markup } from "../markup.ts";
import { type Cell, figure, section, table, text } from "../tables.ts";
import type { BacktestFacts } from "./facts.ts";
import { DRAWN_MAX, tradeChart } from "./trade-chart.ts";

const SHOWN = 10;

export function pricePart({ result, prices }: BacktestFacts): Markup {
  const span = [result.from_ts, result.to_ts] as const;
  const charts = prices.map((path) => {
    const trades = result.trades.filter(({ instrument }) => instrument === path.instrument);
    const some = trades.length > DRAWN_MAX ? `; ${DRAWN_MAX} of them are drawn` : "";
    const count = trades.length === 1 ? "1 trade" : `${trades.length} trades`;
    const words = html`<p class="note">Bars of ${briefly(path.bar_ms)}. ${count}${some}.</p>`;
    return path.bars.length === 0
      ? html``
      : html`<h3>${path.instrument}</h3><div class="scroll">${tradeChart({ path, trades, span })}</div>${words}`;
  });
  const key = html`<ul class="key"><li class="in">▲ long, ▼ short entries</li><li>× exits</li><li class="up"><i></i>won</li><li class="down"><i></i>lost</li><li class="stop"><i></i>stop, where trades are few</li></ul>`;
  const drawn = charts.some(({ text: drawing }) => drawing !== "");
  return section("Trades on price", drawn ? html`${charts}${key}` : html``);
}

const COLUMNS = [
  ...[text("opened, UTC"), text("instrument"), text("side"), text("strategy"), figure("held"), figure("entry")],
  ...[figure("exit"), text("ended by"), figure("fees"), figure("funding"), figure("net, USDT"), figure("of margin")],
];

export function bestAndWorst({ result }: BacktestFacts): Markup {
  const closed = result.trades.filter(({ closed_at }) => closed_at !== undefined);
  const sorted = closed.toSorted((a, b) => compare(b, a));
  const won = sorted.filter(({ pnl_usdt }) => dec(pnl_usdt) > 0n).slice(0, SHOWN);
  const lost = sorted
    .filter(({ pnl_usdt }) => dec(pnl_usdt) < 0n)
    .slice(-SHOWN)
    .reverse();
  const open = result.trades.filter(({ closed_at }) => closed_at === undefined);
  return section(
    "Best and worst trades",
    html`${table("Best", COLUMNS, won.map(rowOf))}${table("Worst", COLUMNS, lost.map(rowOf))}${table("Still open at the end, worth what the last price says", COLUMNS, open.map(rowOf))}`,
  );
}

const compare = (a: Trade, b: Trade): number => {
  const difference = sub(dec(a.pnl_usdt), dec(b.pnl_usdt));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

function rowOf(trade: Trade): Cell[] {
  const { opened_at, closed_at, margin_usdt, pnl_usdt } = trade;
  const net = Number(pnl_usdt);
  const margin = Number(margin_usdt);
  return [
    ...[moment(opened_at).slice(0, 16), trade.instrument, trade.side === "BUY" ? "long" : "short", trade.strategy_id],
    ...[closed_at === undefined ? undefined : briefly(closed_at - opened_at), price(trade.avg_entry)],
    ...[price(trade.avg_exit), trade.exit_reason, money(trade.fees_usdt), money(trade.funding_usdt, 2, true)],
    ...[toned(net, money(pnl_usdt, 2, true)), margin > 0 ? percent(net / margin, 2, true) : undefined],
  ];
}
