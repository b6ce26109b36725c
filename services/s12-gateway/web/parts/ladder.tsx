/** The order book: twenty levels a side, depth behind them, our own prices marked, and the latest trades. */
import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { showFixed } from "../../../../shared/domain/money.ts";
import { ordersQuery } from "../api/queries.ts";
import { amountText, digitsOf, grouped, MINUS, numberText, percentText, shortText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { LADDER_ROWS, type LadderRow, ladderOf } from "../state/ladder.ts";
import { isOpenOrder } from "../state/lists.ts";
import { useLive } from "../state/live.ts";
import { midOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { When } from "./figures.tsx";
import { Panel, Skeleton } from "./states.tsx";

export function LadderPanel({ instrument }: { instrument: Instrument | undefined }) {
  const { t } = useText();
  const { market } = useLive();
  const depth = useStore(market, (state) => state.depth);
  const orders = useQuery(ordersQuery).data;
  const id = instrument?.instrument;
  const ours = useMemo(() => {
    const working = (orders ?? []).filter((order) => order.instrument === id && isOpenOrder(order));
    return new Set(working.map((order) => Number(order.price ?? order.stop_price)));
  }, [orders, id]);
  const digits = digitsOf(instrument?.tick_size, 2);
  const ladder = ladderOf(depth, { priceDigits: digits, ours });
  return (
    <Panel id="book" title={t("book.title")} className="book" aside={<BookBalance share={ladder.bidShare} />}>
      {depth ? (
        <>
          <div className="book-head">
            <span>{t("book.price")}</span>
            <span>{t("book.size")}</span>
            <span>{t("book.total")}</span>
          </div>
          <div className="book-side asks">
            <Rows rows={ladder.asks} side="ask" />
          </div>
          <Middle digits={digits} ok={depth.ok} />
          <div className="book-side bids">
            <Rows rows={ladder.bids} side="bid" />
          </div>
          <Tape digits={digits} />
        </>
      ) : (
        <Skeleton rows={LADDER_ROWS} />
      )}
    </Panel>
  );
}

function Rows({ rows, side }: { rows: readonly LadderRow[]; side: "bid" | "ask" }) {
  const shown = side === "ask" ? rows.toReversed() : rows;
  // biome-ignore lint/suspicious/noArrayIndexKey: a row is a place in the book; levels pass through it
  return shown.map((row, place) => <Row key={place} {...row} side={side} />);
}

const Row = memo(function Row({ price, size, total, share, ours, side }: LadderRow & { side: "bid" | "ask" }) {
  const { t } = useText();
  return (
    <div className="book-row" data-side={side} data-ours={ours || undefined} title={ours ? t("book.ours") : undefined}>
      <span className="book-bar" style={{ transform: `scaleX(${share})` }} />
      <span className="book-price">{price}</span>
      <span>{size}</span>
      <span className="muted">{total}</span>
    </div>
  );
});

function Middle({ digits, ok }: { digits: number; ok: boolean }) {
  const { t } = useText();
  const ticker = useStore(useLive().market, (state) => state.ticker);
  const last = useStore(useLive().market, (state) => state.trades[0]);
  if (!ok) return <div className="book-middle warn">{t("book.gap")}</div>;
  if (!ticker) return <div className="book-middle" />;
  const mid = midOf(ticker.bid, ticker.ask);
  const spreadBps = ((Number(ticker.ask) - Number(ticker.bid)) / Number(ticker.bid)) * 10_000;
  return (
    <div className="book-middle">
      <strong className="book-mid" data-tone={last ? (last.taker === "BUY" ? "up" : "down") : undefined}>
        {grouped(showFixed(mid, Math.min(18, digits + 1)))}
      </strong>
      <span className="muted">{t("book.spread", { bps: numberText(spreadBps, 2) })}</span>
    </div>
  );
}

function BookBalance({ share }: { share: number }) {
  const { t } = useText();
  return (
    <span className="balance" title={t("book.balance", { bid: percentText(share, 0), ask: percentText(1 - share, 0) })}>
      <span style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}

function Tape({ digits }: { digits: number }) {
  const trades = useStore(useLive().market, (state) => state.trades);
  return (
    <div className="tape">
      {trades.map((trade, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is a place; trades pass through it
        <div key={place} className="tape-row">
          <span data-tone={trade.taker === "BUY" ? "up" : "down"}>
            {trade.taker === "BUY" ? "+" : MINUS} {amountText(trade.price, { digits })}
          </span>
          <span>{shortText(Number(trade.qty))}</span>
          <When ts={trade.exch_ts} />
        </div>
      ))}
    </div>
  );
}
