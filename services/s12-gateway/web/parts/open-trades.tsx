/** Open trades side by side: a table on a desk, cards on a phone. */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { dec } from "../../../../shared/domain/money.ts";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { liquidationDistance } from "../../../../shared/trading/position/liquidation.ts";
import { positionsQuery } from "../api/page-queries.ts";
import { directionOf, percentText, usdtText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { go } from "../state/address.ts";
import { useLive } from "../state/live.ts";
import { worthOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { type Column, column, DataTable } from "./data-table.tsx";
import { Age, Figure, Money, Pair } from "./figures.tsx";
import { InstrumentName } from "./links.tsx";
import { Price, Quantity } from "./precision.tsx";
import { useNarrow } from "./use-narrow.ts";
import { usePriceOf } from "./use-price.ts";

interface OpenTradesProps {
  trades: readonly Trade[];
  openId: string;
}
const openTrade = (trade: Trade) => go({ id: trade.trade_id, instrument: trade.instrument });

export function OpenTrades({ trades, openId }: OpenTradesProps) {
  const { t } = useText();
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(t), [t]);
  if (narrow) {
    return trades.map((trade) => <TradeCard key={trade.trade_id} trade={trade} isOpen={trade.trade_id === openId} />);
  }
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("positions.title")}
        columns={columns}
        rows={trades}
        rowId={(trade) => trade.trade_id}
        onOpen={openTrade}
        openId={openId}
      />
    </div>
  );
}

const Way = ({ trade: { side } }: { trade: Trade }) => {
  const { t } = useText();
  return (
    <span className="side" data-tone={side === "BUY" ? "up" : "down"}>
      {t(side === "BUY" ? "position.long" : "position.short")}
    </span>
  );
};
const Now = ({ trade }: { trade: Trade }) => <Price instrument={trade.instrument} value={usePriceOf(trade)?.price} />;
function useWorth(trade: Trade) {
  const priced = usePriceOf(trade);
  return priced && worthOf(trade, priced.price);
}
const Unrealised = ({ trade }: { trade: Trade }) => <Money value={useWorth(trade)?.unrealised} gain />;
function Roe({ trade }: { trade: Trade }) {
  const roe = useWorth(trade)?.roe;
  return <Figure tone={roe === undefined ? undefined : directionOf(roe)}>{percentText(roe, 1, true)}</Figure>;
}
function Distance({ trade }: { trade: Trade }) {
  const { t } = useText();
  const said = useQuery(positionsQuery).data?.find((each) => each.trade.trade_id === trade.trade_id)?.exchange;
  const price = usePriceOf(trade)?.price ?? said?.mark_price;
  if (said?.liquidation_price === undefined || price === undefined) return <Figure>–</Figure>;
  const distance = liquidationDistance(dec(price), dec(said.liquidation_price));
  return (
    <Figure title={t("position.liquidation_at", { price: said.liquidation_price })}>{percentText(distance, 1)}</Figure>
  );
}
function Held({ trade }: { trade: Trade }) {
  const skewMs = useStore(useLive().feed, (state) => state.skewMs);
  return <Age ts={trade.opened_at} skewMs={skewMs} />;
}

/** Every figure of a trade, once: columns of the table, pairs of the card. */
function figuresOf(
  t: Translate,
): { id: string; label: string; value: (r: Trade) => unknown; cell: (r: Trade) => ReactNode }[] {
  const figure = (
    id: string,
    label: string,
    parts: { value: (r: Trade) => unknown; cell: (r: Trade) => ReactNode },
  ) => ({
    id,
    label,
    ...parts,
  });
  const price = (value: (r: Trade) => string | undefined) => ({
    value: (r: Trade) => Number(value(r) ?? 0),
    cell: (r: Trade) => <Price instrument={r.instrument} value={value(r)} />,
  });
  return [
    figure("qty", t("position.qty"), {
      value: (r) => Number(r.open_qty),
      cell: (r) => <Quantity instrument={r.instrument} value={r.open_qty} />,
    }),
    figure(
      "entry",
      t("position.entry"),
      price((r) => r.avg_entry),
    ),
    figure("now", t("position.price"), { value: () => 0, cell: (r) => <Now trade={r} /> }),
    figure("unrealised", t("position.unrealised"), { value: () => 0, cell: (r) => <Unrealised trade={r} /> }),
    figure("roe", t("position.roe"), { value: () => 0, cell: (r) => <Roe trade={r} /> }),
    figure(
      "stop",
      t("position.stop"),
      price((r) => r.stop_price),
    ),
    figure(
      "target",
      t("position.target"),
      price((r) => r.take_profit_price),
    ),
    figure("fees", t("trades.fees"), {
      value: (r) => Number(r.fees_usdt),
      cell: (r) => <Money value={r.fees_usdt} digits={3} />,
    }),
    figure("funding", t("trades.funding"), {
      value: (r) => Number(r.funding_usdt),
      cell: (r) => <Money value={r.funding_usdt} digits={3} />,
    }),
    figure("margin", t("position.margin"), {
      value: (r) => Number(r.margin_usdt),
      cell: (r) => <Figure>{`${usdtText(r.margin_usdt)} × ${r.leverage}`}</Figure>,
    }),
    figure("liquidation", t("position.liquidation"), { value: () => 0, cell: (r) => <Distance trade={r} /> }),
    figure("stage", t("position.stage"), {
      value: (r) => r.stage,
      cell: (r) => <Figure title={t("position.stage.hint")}>{`${r.stage} / ${r.adds}`}</Figure>,
    }),
    figure("held", t("position.held"), { value: (r) => r.opened_at, cell: (r) => <Held trade={r} /> }),
  ];
}

function columnsOf(t: Translate): Column<Trade>[] {
  return [
    column("instrument", t("column.instrument"), {
      value: (r) => r.instrument,
      cell: (r) => (
        <button type="button" className="link instrument" onClick={() => openTrade(r)}>
          <InstrumentName instrument={r.instrument} />
        </button>
      ),
    }),
    column("side", t("column.side"), { value: (r) => r.side, cell: (r) => <Way trade={r} /> }),
    ...figuresOf(t).map(({ id, label, value, cell }) => column(id, label, { value, cell, right: true })),
    column("strategy", t("column.strategy"), { value: (r) => r.strategy_id, cell: (r) => r.strategy_id }),
  ];
}

function TradeCard({ trade, isOpen }: { trade: Trade; isOpen: boolean }) {
  const { t } = useText();
  const figures = figuresOf(t).filter(({ id }) => id !== "unrealised" && id !== "roe");
  return (
    <article className="position" data-watched={isOpen || undefined}>
      <header>
        <Way trade={trade} />
        <button type="button" className="link instrument" aria-expanded={isOpen} onClick={() => openTrade(trade)}>
          <InstrumentName instrument={trade.instrument} />
        </button>
        <span className="spacer" />
        <span className="position-pnl">
          <Unrealised trade={trade} />
          <Roe trade={trade} />
        </span>
      </header>
      <dl className="pairs">
        {figures.map(({ id, label, cell }) => (
          <Pair key={id} label={label}>
            {cell(trade)}
          </Pair>
        ))}
        <Pair label={t("column.strategy")}>{trade.strategy_id}</Pair>
      </dl>
    </article>
  );
}
