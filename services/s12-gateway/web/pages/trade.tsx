/** One trade's page: how it went in words and figures, the market around it, its stop's steps, its fills and orders. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Fill } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { now } from "../api/now.ts";
import { tradeQuery } from "../api/page-queries.ts";
import { tradesQuery } from "../api/queries.ts";
import { tradeFillsQuery } from "../api/report-queries.ts";
import { TradeChart } from "../charts/trade-chart.tsx";
import { asGiven, directionOf, percentText, usdtText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { fillColumns } from "../parts/books.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Duration, Figure, Money, Pair, When } from "../parts/figures.tsx";
import { InstrumentLink, PlaceLink, SubjectLink, TradeLink } from "../parts/links.tsx";
import { Price } from "../parts/precision.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { TradeReport } from "../parts/trade-report.tsx";
import { go } from "../state/address.ts";
import { isOpenTrade } from "../state/lists.ts";
import { heldMs, returnOf } from "../state/trade-totals.ts";
import { tradeStory } from "../stories/stories.ts";

export function TradePage({ id }: { id: string }) {
  const { t } = useText();
  const live = useQuery(tradesQuery).data?.find((trade) => trade.trade_id === id);
  const query = useQuery(tradeQuery(id));
  return (
    <main className="page order-page" aria-label={t("story.trade")}>
      <nav className="crumbs" aria-label={t("nav.back")}>
        <PlaceLink to={{ page: "trades", id: "" }}>← {t("page.trades")}</PlaceLink>
        <code>{id}</code>
      </nav>
      <Loaded query={query} rows={14}>
        {(trade) => <Whole trade={live ?? trade} />}
      </Loaded>
    </main>
  );
}

const NONE: readonly Fill[] = [];
const useTradeFills = (id: string) => useQuery(tradeFillsQuery(id));

function Whole({ trade }: { trade: Trade }) {
  const query = useTradeFills(trade.trade_id);
  const fills = query.data ?? NONE;
  return (
    <div className="order-grid">
      <div className="order-left">
        <Head trade={trade} />
        <TradeChart trade={trade} fills={fills} />
        <Fills query={query} />
        <TradeReport trade={trade} />
      </div>
      <div className="order-right">
        <Figures trade={trade} />
        <Stops trade={trade} />
      </div>
    </div>
  );
}

function Head({ trade }: { trade: Trade }) {
  const { t } = useText();
  return (
    <section className="panel order-head" aria-label={t("story.trade")}>
      <h1>
        <InstrumentLink instrument={trade.instrument} />
        <span data-tone={trade.side === "BUY" ? "up" : "down"}>
          {t(trade.side === "BUY" ? "position.long" : "position.short")}
        </span>
        <Figure>{asGiven(trade.entry_qty)}</Figure>
        <span className="status" data-status={trade.status}>
          {t(`trade_status.${trade.status}`)}
        </span>
        <span className="spacer" />
        <Money value={trade.pnl_usdt} gain unit="USDT" />
      </h1>
      <p>{tradeStory(t, trade).sentences.join(" ")}</p>
      <p className="side-links">
        {trade.signal_id ? (
          <SubjectLink kind="decision" id={trade.signal_id}>
            {t("story.decision")} →
          </SubjectLink>
        ) : null}
        {isOpenTrade(trade) ? <TradeLink id={trade.trade_id}>{t("ladder.title")} →</TradeLink> : null}
      </p>
    </section>
  );
}

function Figures({ trade }: { trade: Trade }) {
  const { t } = useText();
  const { instrument } = trade;
  const gained = returnOf(trade);
  return (
    <Panel className="facts" title={t("order.figures")}>
      <dl className="pairs">
        <Pair label={t("trades.gross")}>
          <Money value={trade.realised_usdt} gain />
        </Pair>
        <Pair label={t("trades.fees")}>
          <Money value={trade.fees_usdt} digits={4} />
        </Pair>
        <Pair label={t("trades.funding")}>
          <Money value={trade.funding_usdt} digits={4} gain />
        </Pair>
        <Pair label={t("trades.pnl")}>
          <Money value={trade.pnl_usdt} gain />
        </Pair>
        <Pair label={t("position.roe")}>
          <Figure tone={directionOf(gained)}>{percentText(gained, 2, true)}</Figure>
        </Pair>
        <Pair label={t("position.margin")}>
          <Figure>{`${usdtText(trade.margin_usdt)} × ${trade.leverage}`}</Figure>
        </Pair>
        <Pair label={t("position.entry")}>
          <Price instrument={instrument} value={trade.avg_entry} />
        </Pair>
        <Pair label={t("trades.exit")}>
          <Price instrument={instrument} value={trade.avg_exit} />
        </Pair>
        <Pair label={t("position.stop")}>
          <Price instrument={instrument} value={trade.stop_price} />
        </Pair>
        <Pair label={t("position.target")}>
          <Price instrument={instrument} value={trade.take_profit_price} />
        </Pair>
        <Pair label={t("trades.opened_at")}>
          <When ts={trade.opened_at} day />
        </Pair>
        <Pair label={t("trades.closed_at")}>
          <When ts={trade.closed_at} day />
        </Pair>
        <Pair label={t("position.held")}>
          <Duration ms={heldMs(trade, now())} />
        </Pair>
        <Pair label={t("trades.why")}>{codeText(t, "exit", trade.exit_reason ?? "–")}</Pair>
        <Pair label={t("column.strategy")}>{trade.strategy_id}</Pair>
        <Pair label={t("number.rev")}>
          <Figure>{String(trade.config_rev)}</Figure>
        </Pair>
      </dl>
      <details>
        <summary>{t("story.raw")}</summary>
        <pre>{JSON.stringify(trade, null, 2)}</pre>
      </details>
    </Panel>
  );
}

function Stops({ trade }: { trade: Trade }) {
  const { t } = useText();
  return (
    <Panel className="siblings" title={t("position.stops")}>
      {trade.stops.length === 0 ? <Empty>{t("trade.no_stops")}</Empty> : null}
      <ol className="stop-ladder" aria-label={t("position.stops")}>
        {trade.stops.toReversed().map((move) => (
          <li key={`${move.ts}/${move.stop_price}`}>
            <When ts={move.ts} />
            <Price instrument={trade.instrument} value={move.stop_price} />
            <span className="muted">{codeText(t, "stop", move.reason)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Fills({ query }: { query: ReturnType<typeof useTradeFills> }) {
  const { t } = useText();
  const columns = useMemo(() => fillColumns(t, true), [t]);
  return (
    <Panel className="trade-fills" title={t("trade.fills")}>
      <Loaded query={query} rows={3}>
        {(fills) =>
          fills.length === 0 ? (
            <Empty>{t("fills.empty")}</Empty>
          ) : (
            <div className="scroll-x">
              <DataTable
                caption={t("trade.fills")}
                columns={columns}
                rows={fills}
                rowId={(fill) => `${fill.instrument}/${fill.fill_id}`}
                onOpen={(fill) => go({ page: "orders", id: fill.client_order_id })}
              />
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}
