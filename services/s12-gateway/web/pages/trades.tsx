/** The trades page: every trade with filters, totals and results, and the page of one of them. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { now } from "../api/now.ts";
import { tradesQuery } from "../api/queries.ts";
import { fillsPath, tradesPagesQuery, tradesPath } from "../api/report-queries.ts";
import { directionOf, percentText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, useAsked } from "../parts/asked-fields.tsx";
import { CsvButton } from "../parts/csv-button.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Duration, Figure, Money, Pair, When } from "../parts/figures.tsx";
import { InstrumentLink, TradePageLink } from "../parts/links.tsx";
import { MarketFields } from "../parts/market-fields.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Price, Quantity } from "../parts/precision.tsx";
import { CurvePanel, ResultsPanel, StatementsPanel } from "../parts/results.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { addressStore, go } from "../state/address.ts";
import { type Asked, askedOf } from "../state/asked.ts";
import { mergeTrades } from "../state/lists.ts";
import { useStore } from "../state/store.ts";
import { fitsAsked, heldMs, RESULTS, returnOf, TRADE_STATES, totalsOf } from "../state/trade-totals.ts";
import { TradePage } from "./trade.tsx";

export function TradesPage() {
  const id = useStore(addressStore, (address) => address.id);
  return id === "" ? <TradesList /> : <TradePage key={id} id={id} />;
}

/** What a phone shows of a trade before one opens it. */
const PHONE_COLUMNS = ["time", "instrument", "side", "pnl", "why"];
const NONE: readonly Trade[] = [];

function TradesList() {
  const { t } = useText();
  const { asked } = useAsked();
  const { trades, query } = useTrades(asked);
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(t).filter(({ id }) => !narrow || PHONE_COLUMNS.includes(id)), [t, narrow]);
  return (
    <main className="page trades-page" aria-label={t("page.trades")}>
      <Panel
        className="page-panel trades-list"
        title={t("page.trades")}
        aside={
          <span className="panel-acts">
            <CsvButton path={tradesPath(asked)} name="trades" />
            <CsvButton path={fillsPath(asked.on ?? "")} name="fills" label={t("export.fills")} />
          </span>
        }
      >
        <Filters trades={trades ?? NONE} />
        <TotalsLine trades={trades ?? NONE} />
        {query.isPending ? <Skeleton rows={12} /> : null}
        {query.error && !query.data ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {trades?.length === 0 ? (
          <Empty>{Object.keys(asked).length > 0 ? t("trades.none_fit") : t("trades.none")}</Empty>
        ) : (
          <div className="scroll-x">
            <DataTable
              caption={t("page.trades")}
              columns={columns}
              rows={trades ?? NONE}
              rowId={(trade) => trade.trade_id}
              onOpen={(trade) => go({ id: trade.trade_id })}
            />
          </div>
        )}
        <MoreButton query={query} label={t("trades.older")} />
      </Panel>
      <div className="trades-side">
        <CurvePanel trades={trades ?? NONE} />
        <ResultsPanel />
        <StatementsPanel year={new Date(now()).getUTCFullYear()} />
      </div>
    </main>
  );
}

/** The pages asked for, under what live events have told since; undefined before the first answer. */
function useTrades(asked: Asked) {
  const query = useInfiniteQuery(tradesPagesQuery(asked));
  const live = useQuery(tradesQuery).data;
  const pages = query.data?.pages;
  const trades = useMemo(() => {
    if (!pages) return undefined;
    const known = pages.flatMap((page) => page.items);
    return mergeTrades(known, live ?? []).filter((trade) => fitsAsked(trade, asked));
  }, [pages, live, asked]);
  return { trades, query };
}

function Filters({ trades }: { trades: readonly Trade[] }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <MarketFields rows={trades} />
      <Select
        label={t("column.status")}
        value={askedOf(asked.state, TRADE_STATES)}
        choices={[all, ...TRADE_STATES.map((state) => [state, t(`trade_status.${state}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <Select
        label={t("trades.result")}
        value={askedOf(asked.result, RESULTS)}
        choices={[all, ...RESULTS.map((result) => [result, t(`result.${result}`)] as const)]}
        onChoose={(result) => ask({ result })}
      />
      <DayField name="from" label={t("filter.from")} />
      <DayField name="to" label={t("filter.to")} />
      <ClearAsked />
    </search>
  );
}

/** What all shown trades come to. */
function TotalsLine({ trades }: { trades: readonly Trade[] }) {
  const { t } = useText();
  const totals = useMemo(() => totalsOf(trades), [trades]);
  const decided = totals.won + totals.lost;
  return (
    <dl className="totals" aria-label={t("totals.title")}>
      <Pair label={t("totals.trades")}>
        <Figure>{t("totals.counts", { closed: totals.closed, open: totals.open })}</Figure>
      </Pair>
      <Pair label={t("totals.won")}>
        <Figure>{`${totals.won} / ${decided} · ${percentText(decided > 0 ? totals.won / decided : undefined, 0)}`}</Figure>
      </Pair>
      <Pair label={t("trades.gross")}>
        <Money value={totals.realised} gain />
      </Pair>
      <Pair label={t("trades.fees")}>
        <Money value={totals.fees} digits={3} />
      </Pair>
      <Pair label={t("trades.funding")}>
        <Money value={totals.funding} digits={3} gain />
      </Pair>
      <Pair label={t("trades.pnl")}>
        <Money value={totals.pnl} gain unit="USDT" />
      </Pair>
      <Pair label={t("totals.mean")}>{totals.meanMs === undefined ? "–" : <Duration ms={totals.meanMs} />}</Pair>
    </dl>
  );
}

function columnsOf(t: Translate): Column<Trade>[] {
  const money = (id: "realised_usdt" | "fees_usdt" | "funding_usdt", header: string) =>
    column<Trade>(id, header, {
      value: (r) => Number(r[id]),
      cell: (r) => <Money value={r[id]} digits={3} gain={id !== "fees_usdt"} />,
      right: true,
    });
  return [
    column("time", t("trades.opened_at"), {
      value: (r) => r.opened_at,
      cell: (r) => (
        <TradePageLink id={r.trade_id}>
          <When ts={r.opened_at} day />
        </TradePageLink>
      ),
    }),
    column("instrument", t("column.instrument"), {
      value: (r) => r.instrument,
      cell: (r) => <InstrumentLink instrument={r.instrument} />,
    }),
    column("side", t("column.side"), {
      value: (r) => r.side,
      cell: (r) => (
        <span data-tone={r.side === "BUY" ? "up" : "down"}>
          {t(r.side === "BUY" ? "position.long" : "position.short")}
        </span>
      ),
    }),
    column("status", t("column.status"), {
      value: (r) => r.status,
      cell: (r) => (
        <span className="status" data-status={r.status}>
          {t(`trade_status.${r.status}`)}
        </span>
      ),
    }),
    column("qty", t("position.qty"), {
      value: (r) => Number(r.entry_qty),
      cell: (r) => <Quantity instrument={r.instrument} value={r.entry_qty} />,
      right: true,
    }),
    column("entry", t("position.entry"), {
      value: (r) => Number(r.avg_entry),
      cell: (r) => <Price instrument={r.instrument} value={r.avg_entry} />,
      right: true,
    }),
    column("exit", t("trades.exit"), {
      value: (r) => Number(r.avg_exit ?? 0),
      cell: (r) => <Price instrument={r.instrument} value={r.avg_exit} />,
      right: true,
    }),
    money("fees_usdt", t("trades.fees")),
    money("funding_usdt", t("trades.funding")),
    column("pnl", t("trades.pnl"), {
      value: (r) => Number(r.pnl_usdt),
      cell: (r) => <Money value={r.pnl_usdt} gain />,
      right: true,
    }),
    column("roe", t("position.roe"), {
      value: (r) => returnOf(r) ?? 0,
      cell: (r) => <Figure tone={directionOf(returnOf(r))}>{percentText(returnOf(r), 1, true)}</Figure>,
      right: true,
    }),
    column("held", t("position.held"), {
      value: (r) => heldMs(r, now()),
      cell: (r) => <Duration ms={heldMs(r, now())} />,
      right: true,
    }),
    column("why", t("trades.why"), {
      value: (r) => r.exit_reason ?? "",
      cell: (r) => codeText(t, "exit", r.exit_reason ?? "–"),
    }),
    column("strategy", t("column.strategy"), { value: (r) => r.strategy_id, cell: (r) => r.strategy_id }),
  ];
}
