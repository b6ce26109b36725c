/** The orders page: all orders with filters and pages, and the page of one of them. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { now } from "../api/now.ts";
import { ordersPagesQuery } from "../api/page-queries.ts";
import { ordersQuery } from "../api/queries.ts";
import { fillsPath } from "../api/report-queries.ts";
import { useText } from "../i18n/translate.ts";
import { orderColumns } from "../parts/books.tsx";
import { CsvButton } from "../parts/csv-button.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { InstrumentField } from "../parts/market-fields.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { addressStore, go } from "../state/address.ts";
import { mergeOrders } from "../state/lists.ts";
import {
  fits,
  isFiltered,
  KINDS,
  NO_FILTERS,
  type OrderFilters,
  STATUSES,
  sinceOf,
  WITHINS,
} from "../state/order-filters.ts";
import { useStore } from "../state/store.ts";
import { OrderPage } from "./order.tsx";

export function OrdersPage() {
  const id = useStore(addressStore, (address) => address.id);
  return id === "" ? <OrdersList /> : <OrderPage key={id} id={id} />;
}

/** What a phone shows of an order before one opens it. */
const PHONE_COLUMNS = ["time", "instrument", "kind", "side", "status", "id"];

function OrdersList() {
  const { t } = useText();
  const filters = useStore(addressStore, (address) => address.filters);
  const { orders, query } = useOrders(filters);
  const narrow = useNarrow();
  const columns = useMemo(
    () => orderColumns(t, true).filter(({ id }) => !narrow || PHONE_COLUMNS.includes(id)),
    [t, narrow],
  );
  return (
    <main className="page" aria-label={t("page.orders")}>
      <Panel
        className="page-panel"
        title={t("page.orders")}
        aside={
          <span className="panel-acts">
            {orders ? <span className="muted">{t("orders.shown", { count: orders.length })}</span> : null}
            <CsvButton path={fillsPath(filters.of)} name="fills" label={t("export.fills")} />
          </span>
        }
      >
        <Filters filters={filters} />
        {query.isPending ? <Skeleton rows={12} /> : null}
        {query.error && !query.data ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {orders?.length === 0 ? (
          <Empty>{isFiltered(filters) ? t("orders.none_fit") : t("orders.empty")}</Empty>
        ) : (
          <div className="scroll-x">
            <DataTable
              caption={t("page.orders")}
              columns={columns}
              rows={orders ?? []}
              rowId={(order) => order.client_order_id}
              onOpen={(order) => go({ id: order.client_order_id })}
            />
          </div>
        )}
        {query.hasNextPage ? (
          <button
            type="button"
            className="button more"
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? t("orders.loading") : t("orders.older")}
          </button>
        ) : null}
      </Panel>
    </main>
  );
}

/** The pages asked for, under what live events have told since; undefined before the first answer. */
function useOrders(filters: OrderFilters) {
  const query = useInfiniteQuery(ordersPagesQuery(filters));
  const live = useQuery(ordersQuery).data;
  const pages = query.data?.pages;
  const orders = useMemo(() => {
    if (!pages) return undefined;
    const since = sinceOf(filters, now());
    return mergeOrders(
      pages.flatMap((page) => page.orders),
      live ?? [],
    ).filter((order) => fits(filters, order, since));
  }, [pages, live, filters]);
  return { orders, query };
}

function Filters({ filters }: { filters: OrderFilters }) {
  const { t } = useText();
  const set = (change: Partial<OrderFilters>) => go({ filters: { ...filters, ...change } });
  const all = ["", t("filter.all")] as const;
  return (
    <search className="filters">
      <InstrumentField value={filters.of} onChoose={(of) => set({ of })} />
      <Select
        label={t("column.status")}
        value={filters.status}
        choices={[all, ...STATUSES.map((status) => [status, t(`status.${status}`)] as const)]}
        onChoose={(status) => set({ status })}
      />
      <Select
        label={t("column.kind")}
        value={filters.kind}
        choices={[all, ...KINDS.map((kind) => [kind, t(`kind.${kind}`)] as const)]}
        onChoose={(kind) => set({ kind })}
      />
      <Select
        label={t("filter.within")}
        value={filters.within}
        choices={WITHINS.map((within) => [within, t(`within.${within}`)] as const)}
        onChoose={(within) => set({ within })}
      />
      <label className="check">
        <input type="checkbox" checked={filters.working} onChange={(event) => set({ working: event.target.checked })} />
        {t("filter.working")}
      </label>
      {isFiltered(filters) ? (
        <button type="button" className="link" onClick={() => set(NO_FILTERS)}>
          {t("filter.clear")}
        </button>
      ) : null}
    </search>
  );
}
