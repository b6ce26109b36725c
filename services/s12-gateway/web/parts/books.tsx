/** Orders, fills and closed trades, as tables under the chart. */
import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Fill, Order } from "../../../../shared/domain/order.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { fillsQuery, ordersQuery, tradesQuery } from "../api/queries.ts";
import { numberText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { addressStore, go, type SubjectKind, TABS, type Tab } from "../state/address.ts";
import { isClosedTrade, isOpenOrder } from "../state/lists.ts";
import { totalOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { type Column, column, DataTable } from "./data-table.tsx";
import { Figure, Money, When } from "./figures.tsx";
import { InstrumentLink, OrderLink, SubjectLink } from "./links.tsx";
import { Price, Quantity } from "./precision.tsx";
import { Empty, Loaded } from "./states.tsx";

export function BooksPanel() {
  const { t } = useText();
  const tab = useStore(addressStore, (address) => address.tab);
  const working = useQuery(ordersQuery).data?.filter(isOpenOrder).length ?? 0;
  return (
    <Tabs.Root
      className="panel books"
      id="books"
      value={tab}
      onValueChange={(next) => go({ tab: next as Tab })}
      render={<section aria-label={t("books.title")} tabIndex={-1} />}
    >
      <header className="panel-head">
        <Tabs.List className="tabs">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each} className="tab">
              {t(`books.${each}`)}
              {each === "orders" && working > 0 ? <span className="count">{working}</span> : null}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <span className="spacer" />
        {tab === "trades" ? <TradesSum /> : null}
      </header>
      <Tabs.Panel value="orders" className="panel-body">
        <OrdersTable />
      </Tabs.Panel>
      <Tabs.Panel value="fills" className="panel-body">
        <FillsTable />
      </Tabs.Panel>
      <Tabs.Panel value="trades" className="panel-body">
        <TradesTable />
      </Tabs.Panel>
    </Tabs.Root>
  );
}

const open = (kind: SubjectKind, id: string) => go({ subject: { kind, id } });
export const SideText = ({ t, side }: { t: Translate; side: "BUY" | "SELL" }) => (
  <span data-tone={side === "BUY" ? "up" : "down"}>{t(`side.${side}`)}</span>
);

/** `isPage`: with the day, and ids that lead to the order's own page instead of the side panel. */
export function orderColumns(t: Translate, isPage = false): Column<Order>[] {
  return [
    column("time", t("column.time"), {
      value: (o) => o.created_at,
      cell: (o) => <When ts={o.created_at} day={isPage} />,
    }),
    column("instrument", t("column.instrument"), {
      value: (o) => o.instrument,
      cell: (o) => <InstrumentLink instrument={o.instrument} />,
    }),
    column("kind", t("column.kind"), { value: (o) => o.kind, cell: (o) => t(`kind.${o.kind}`) }),
    column("side", t("column.side"), { value: (o) => o.side, cell: (o) => <SideText t={t} side={o.side} /> }),
    column("type", t("column.type"), { value: (o) => o.type, cell: (o) => codeText(t, "type", o.type) }),
    column("price", t("orders.price"), {
      value: (o) => Number(o.price ?? o.stop_price ?? 0),
      cell: (o) => <Price instrument={o.instrument} value={o.price ?? o.stop_price} />,
      right: true,
    }),
    column("filled", t("orders.filled"), {
      value: (o) => Number(o.filled_qty),
      cell: (o) => (
        <>
          <Quantity instrument={o.instrument} value={o.filled_qty} />
          <span className="muted">
            {" / "}
            <Quantity instrument={o.instrument} value={o.qty} />
          </span>
        </>
      ),
      right: true,
    }),
    column("avg", t("orders.avg_price"), {
      value: (o) => Number(o.avg_price ?? 0),
      cell: (o) => <Price instrument={o.instrument} value={Number(o.avg_price ?? 0) > 0 ? o.avg_price : undefined} />,
      right: true,
    }),
    column("status", t("column.status"), {
      value: (o) => o.status,
      cell: (o) => (
        <span className="status" data-status={o.status} title={o.message && t.say(o.message)}>
          {t(`status.${o.status}`)}
        </span>
      ),
    }),
    column("id", t("column.id"), {
      value: (o) => o.client_order_id,
      cell: (o) =>
        isPage ? <OrderLink id={o.client_order_id} /> : <SubjectLink kind="order" id={o.client_order_id} />,
    }),
  ];
}

function OrdersTable() {
  const { t } = useText();
  const query = useQuery(ordersQuery);
  const columns = useMemo(() => orderColumns(t), [t]);
  return (
    <Loaded query={query} rows={6}>
      {(orders) =>
        orders.length === 0 ? (
          <Empty>{t("orders.empty")}</Empty>
        ) : (
          <DataTable
            caption={t("books.orders")}
            columns={columns}
            rows={orders}
            rowId={(o) => o.client_order_id}
            onOpen={(o) => open("order", o.client_order_id)}
          />
        )
      }
    </Loaded>
  );
}

const fillId = (fill: Fill): string => `${fill.instrument}/${fill.fill_id}`;

/** `ofTrade`: of one trade, with the order each belongs to. */
export function fillColumns(t: Translate, ofTrade = false): Column<Fill>[] {
  const order = column<Fill>("order", t("story.order"), {
    value: (f) => f.client_order_id,
    cell: (f) => <OrderLink id={f.client_order_id} />,
  });
  return [
    column("time", t("column.time"), { value: (f) => f.ts, cell: (f) => <When ts={f.ts} /> }),
    column("instrument", t("column.instrument"), {
      value: (f) => f.instrument,
      cell: (f) => <InstrumentLink instrument={f.instrument} />,
    }),
    column("kind", t("column.kind"), { value: (f) => f.kind, cell: (f) => t(`kind.${f.kind}`) }),
    column("side", t("column.side"), { value: (f) => f.side, cell: (f) => <SideText t={t} side={f.side} /> }),
    column("price", t("orders.price"), {
      value: (f) => Number(f.price),
      cell: (f) => <Price instrument={f.instrument} value={f.price} />,
      right: true,
    }),
    column("qty", t("position.qty"), {
      value: (f) => Number(f.qty),
      cell: (f) => <Quantity instrument={f.instrument} value={f.qty} />,
      right: true,
    }),
    column("fee", t("fills.fee"), {
      value: (f) => Number(f.fee_usdt),
      cell: (f) => <Money value={f.fee_usdt} digits={4} />,
      right: true,
    }),
    column("role", t("fills.role"), { value: (f) => f.maker, cell: (f) => t(f.maker ? "fills.maker" : "fills.taker") }),
    column("slippage", t("number.slippage"), {
      value: (f) => f.slippage_bps,
      cell: (f) => <Figure>{`${numberText(f.slippage_bps, 2)} bps`}</Figure>,
      right: true,
    }),
    column("id", t("column.id"), {
      value: (f) => f.fill_id,
      cell: (f) => (
        <SubjectLink kind="fill" id={fillId(f)}>
          {f.fill_id}
        </SubjectLink>
      ),
    }),
    ...(ofTrade ? [order] : []),
  ];
}

function FillsTable() {
  const { t } = useText();
  const query = useQuery(fillsQuery);
  const columns = useMemo(() => fillColumns(t), [t]);
  return (
    <Loaded query={query} rows={6}>
      {(fills) =>
        fills.length === 0 ? (
          <Empty>{t("fills.empty")}</Empty>
        ) : (
          <DataTable
            caption={t("books.fills")}
            columns={columns}
            rows={fills}
            rowId={fillId}
            onOpen={(f) => open("fill", fillId(f))}
          />
        )
      }
    </Loaded>
  );
}

function tradeColumns(t: Translate): Column<Trade>[] {
  return [
    column("time", t("trades.closed_at"), { value: (r) => r.closed_at ?? 0, cell: (r) => <When ts={r.closed_at} /> }),
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
    column("strategy", t("column.strategy"), { value: (r) => r.strategy_id, cell: (r) => r.strategy_id }),
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
    column("fees", t("trades.fees"), {
      value: (r) => Number(r.fees_usdt),
      cell: (r) => <Money value={r.fees_usdt} digits={3} />,
      right: true,
    }),
    column("pnl", t("trades.pnl"), {
      value: (r) => Number(r.pnl_usdt),
      cell: (r) => <Money value={r.pnl_usdt} gain />,
      right: true,
    }),
    column("why", t("trades.why"), {
      value: (r) => r.exit_reason,
      cell: (r) => codeText(t, "exit", r.exit_reason ?? ""),
    }),
    column("id", t("column.id"), {
      value: (r) => r.trade_id,
      cell: (r) => <SubjectLink kind="trade" id={r.trade_id} />,
    }),
  ];
}

function TradesTable() {
  const { t } = useText();
  const query = useQuery(tradesQuery);
  const columns = useMemo(() => tradeColumns(t), [t]);
  return (
    <Loaded query={query} rows={6}>
      {(trades) => {
        const closed = trades.filter(isClosedTrade).toSorted((a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0));
        return closed.length === 0 ? (
          <Empty>{t("trades.empty")}</Empty>
        ) : (
          <DataTable
            caption={t("books.trades")}
            columns={columns}
            rows={closed}
            rowId={(r) => r.trade_id}
            onOpen={(r) => open("trade", r.trade_id)}
          />
        );
      }}
    </Loaded>
  );
}

function TradesSum() {
  const { t } = useText();
  const closed = useQuery(tradesQuery).data?.filter(isClosedTrade) ?? [];
  const won = closed.filter((trade) => Number(trade.pnl_usdt) > 0).length;
  if (closed.length === 0) return null;
  return (
    <span className="muted">
      {t("trades.sum", { count: closed.length, won })}{" "}
      <Money value={totalOf(closed.map((trade) => trade.pnl_usdt))} gain />
    </span>
  );
}
