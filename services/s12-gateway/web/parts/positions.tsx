/** Open positions: what each is worth now, what protects it, and how its stop came where it is. */
import { useQuery } from "@tanstack/react-query";
import type { Trade } from "../../../../shared/domain/trade.ts";
import { tradesQuery } from "../api/queries.ts";
import { directionOf, percentText, usdtText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { isOpenTrade } from "../state/lists.ts";
import { useLive } from "../state/live.ts";
import { worthOf } from "../state/pnl.ts";
import { useStore } from "../state/store.ts";
import { Age, Figure, Money, Pair, When } from "./figures.tsx";
import { InstrumentLink, SubjectLink, TradeLink } from "./links.tsx";
import { Price, Quantity } from "./precision.tsx";
import { Empty, Loaded, Panel } from "./states.tsx";
import { usePriceOf } from "./use-price.ts";

const STOP_MOVES_SHOWN = 5;

export function PositionsPanel({ watched }: { watched: string }) {
  const { t } = useText();
  const query = useQuery(tradesQuery);
  const open = query.data?.filter(isOpenTrade) ?? [];
  const first = (trade: Trade) => (trade.instrument === watched ? 0 : 1);
  const sorted = open.toSorted((a, b) => first(a) - first(b) || b.opened_at - a.opened_at);
  return (
    <Panel
      id="positions"
      title={t("positions.title")}
      className="positions"
      aside={<span className="count">{open.length > 0 ? open.length : null}</span>}
    >
      <Loaded query={query} rows={4}>
        {() =>
          sorted.length > 0 ? (
            sorted.map((trade) => (
              <Position key={trade.trade_id} trade={trade} isWatched={trade.instrument === watched} />
            ))
          ) : (
            <Empty>{t("positions.empty")}</Empty>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Position({ trade, isWatched }: { trade: Trade; isWatched: boolean }) {
  const { t } = useText();
  const skewMs = useStore(useLive().feed, (state) => state.skewMs);
  const priced = usePriceOf(trade);
  const worth = priced && worthOf(trade, priced.price);
  return (
    <article className="position" data-watched={isWatched || undefined}>
      <header>
        <span className="side" data-tone={trade.side === "BUY" ? "up" : "down"}>
          {t(trade.side === "BUY" ? "position.long" : "position.short")}
        </span>
        <InstrumentLink instrument={trade.instrument} />
        <span className="spacer" />
        <span className="position-pnl">
          <Money value={worth?.unrealised} gain />
          <span className="roe" data-tone={worth?.roe === undefined ? undefined : directionOf(worth.roe)}>
            {percentText(worth?.roe, 1, true)}
          </span>
        </span>
      </header>
      <dl className="pairs">
        <Pair label={t("position.qty")}>
          <Quantity instrument={trade.instrument} value={trade.open_qty} />
        </Pair>
        <Pair label={t("position.entry")}>
          <Price instrument={trade.instrument} value={trade.avg_entry} />
        </Pair>
        <Pair label={t(`position.${priced?.source ?? "mid"}`)}>
          <Price instrument={trade.instrument} value={priced?.price} />
        </Pair>
        <Pair label={t("position.realised")}>
          <Money value={trade.pnl_usdt} gain />
        </Pair>
        <Pair label={t("position.stop")}>
          <Price instrument={trade.instrument} value={trade.stop_price} />
        </Pair>
        <Pair label={t("position.target")}>
          <Price instrument={trade.instrument} value={trade.take_profit_price} />
        </Pair>
        <Pair label={t("position.margin")}>
          <Figure>{`${usdtText(trade.margin_usdt)} × ${trade.leverage}`}</Figure>
        </Pair>
        <Pair label={t("position.held")}>
          <Age ts={trade.opened_at} skewMs={skewMs} />
        </Pair>
      </dl>
      {isWatched ? <StopLadder trade={trade} /> : null}
      <footer>
        <span className="muted">{trade.strategy_id}</span>
        <TradeLink id={trade.trade_id}>{t("positions.open_page")}</TradeLink>
        <SubjectLink kind="trade" id={trade.trade_id} />
      </footer>
    </article>
  );
}

function StopLadder({ trade }: { trade: Trade }) {
  const { t } = useText();
  if (trade.stops.length === 0) return null;
  const moves = trade.stops.slice(-STOP_MOVES_SHOWN).toReversed();
  return (
    <ol className="stop-ladder" aria-label={t("position.stops")}>
      {moves.map((move) => (
        <li key={`${move.ts}/${move.stop_price}`}>
          <When ts={move.ts} />
          <Price instrument={trade.instrument} value={move.stop_price} />
          <span className="muted">{codeText(t, "stop", move.reason)}</span>
        </li>
      ))}
    </ol>
  );
}
