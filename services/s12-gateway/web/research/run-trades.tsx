/** The trades of an experiment's best run, page by page. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { averageText, directionOf, percentText } from "../format/numbers.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Duration, Figure, Money, When } from "../parts/figures.tsx";
import { JsonButton } from "../parts/json-button.tsx";
import { InstrumentName } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { returnOf } from "../state/trade-totals.ts";
import { experimentTradesPath, experimentTradesQuery } from "./queries.ts";

export function RunTrades({ id }: { id: string }) {
  const { t } = useText();
  const query = useInfiniteQuery(experimentTradesQuery(id));
  const trades = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const columns = useMemo(() => columnsOf(t), [t]);
  return (
    <Panel
      className="run-trades"
      title={t("run_trades.title")}
      aside={
        trades.length > 0 ? (
          <span className="panel-acts">
            <JsonButton path={experimentTradesPath(id)} name={`${id}-trades`} />
          </span>
        ) : null
      }
    >
      <LoadedHere query={query} rows={5} what={t("run_trades.title")}>
        {() =>
          trades.length === 0 ? (
            <Empty>{t("run_trades.none")}</Empty>
          ) : (
            <div className="scroll-x">
              <DataTable
                caption={t("run_trades.title")}
                columns={columns}
                rows={trades}
                rowId={(row) => row.trade_id}
              />
            </div>
          )
        }
      </LoadedHere>
      <MoreButton query={query} label={t("run_trades.more")} />
    </Panel>
  );
}

const heldMs = ({ opened_at, closed_at, updated_at }: Trade): number => (closed_at ?? updated_at) - opened_at;

function columnsOf(t: Translate): Column<Trade>[] {
  const text = (id: string, header: string, pick: (trade: Trade) => string | undefined) =>
    column<Trade>(id, header, {
      value: (row) => Number(pick(row) ?? 0),
      cell: (row) => <Figure>{averageText(pick(row))}</Figure>,
      right: true,
    });
  return [
    column("opened", t("trades.opened_at"), {
      value: (row) => row.opened_at,
      cell: (row) => <When ts={row.opened_at} day />,
    }),
    column("instrument", t("column.instrument"), {
      value: (row) => row.instrument,
      cell: (row) => <InstrumentName instrument={row.instrument} />,
    }),
    column("side", t("column.side"), {
      value: (row) => row.side,
      cell: (row) => (
        <span data-tone={row.side === "BUY" ? "up" : "down"}>
          {t(row.side === "BUY" ? "position.long" : "position.short")}
        </span>
      ),
    }),
    text("qty", t("position.qty"), (row) => row.entry_qty),
    text("entry", t("position.entry"), (row) => row.avg_entry),
    text("exit", t("trades.exit"), (row) => row.avg_exit),
    column("fees", t("trades.fees"), {
      value: (row) => Number(row.fees_usdt),
      cell: (row) => <Money value={row.fees_usdt} digits={3} />,
      right: true,
    }),
    column("pnl", t("trades.pnl"), {
      value: (row) => Number(row.pnl_usdt),
      cell: (row) => <Money value={row.pnl_usdt} gain />,
      right: true,
    }),
    column("roe", t("position.roe"), {
      value: (row) => returnOf(row) ?? 0,
      cell: (row) => <Figure tone={directionOf(returnOf(row))}>{percentText(returnOf(row), 1, true)}</Figure>,
      right: true,
    }),
    column("held", t("position.held"), {
      value: heldMs,
      cell: (row) => <Duration ms={heldMs(row)} />,
      right: true,
    }),
    column("why", t("trades.why"), {
      value: (row) => row.exit_reason ?? "",
      cell: (row) => codeText(t, "exit", row.exit_reason ?? "–"),
    }),
    column("strategy", t("column.strategy"), { value: (row) => row.strategy_id, cell: (row) => row.strategy_id }),
  ];
}
