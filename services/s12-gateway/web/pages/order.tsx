/** One order's page: what it is and why, its life as a timeline, the market around it, and cancelling it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OrderStory } from "../../../../shared/client/gen/types.ts";
import { show } from "../../../../shared/domain/money.ts";
import { orderStoryQuery, tradeQuery } from "../api/page-queries.ts";
import { OrderChart } from "../charts/order-chart.tsx";
import { asGiven, numberText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Duration, Figure, Money, Pair, When } from "../parts/figures.tsx";
import { LifePanel } from "../parts/life.tsx";
import { InstrumentLink, OrderLink, PlaceLink, SubjectLink, TradeLink } from "../parts/links.tsx";
import { Price, Quantity } from "../parts/precision.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { sumOf } from "../state/life.ts";
import { isOpenOrder } from "../state/lists.ts";
import { mayAct, useMe } from "../state/me.ts";
import { cancelAct } from "../stories/acts.ts";
import { orderTerms } from "../stories/life-words.ts";
import { orderStory, whySentences } from "../stories/stories.ts";

export function OrderPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(orderStoryQuery(id));
  return (
    <main className="page order-page" aria-label={t("story.order")}>
      <nav className="crumbs">
        <PlaceLink to={{ page: "orders", id: "" }}>← {t("page.orders")}</PlaceLink>
        <code>{id}</code>
      </nav>
      <Loaded query={query} rows={14}>
        {(story) => <Whole story={story} />}
      </Loaded>
    </main>
  );
}

function Whole({ story }: { story: OrderStory }) {
  const trade = useQuery({ ...tradeQuery(story.trade_id ?? ""), retry: false }).data;
  return (
    <div className="order-grid">
      <div className="order-left">
        <Head story={story} />
        <LifePanel story={story} />
      </div>
      <div className="order-right">
        <OrderChart story={story} trade={trade} />
        <Facts story={story} />
        <Siblings story={story} />
      </div>
    </div>
  );
}

function Head({ story }: { story: OrderStory }) {
  const { t } = useText();
  const [act, setAct] = useState<Act>();
  const me = useMe();
  const { order, intent } = story;
  const [what, ...state] = orderStory(t, order).sentences;
  return (
    <section className="panel order-head" aria-label={t("story.order")}>
      <h1>
        <InstrumentLink instrument={order.instrument} />
        <span data-tone={order.side === "BUY" ? "up" : "down"}>{t(`side.${order.side}`)}</span>
        <Figure>{asGiven(order.qty)}</Figure>
        <span className="muted">{t(`kind.${order.kind}`)}</span>
        <span className="status" data-status={order.status}>
          {t(`status.${order.status}`)}
        </span>
        <span className="spacer" />
        {isOpenOrder(order) ? (
          <button
            type="button"
            className="button"
            disabled={!mayAct(me)}
            title={mayAct(me) ? undefined : t("act.forbidden", { role: me?.role ?? "–" })}
            onClick={() => setAct(cancelAct(t, order))}
          >
            {t("order.cancel")}
          </button>
        ) : null}
      </h1>
      <p>
        {what} {state.join(" ")}
      </p>
      <h2>{t("order.why")}</h2>
      {whySentences(t, order, intent).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p className="side-links">
        {intent.decision ? (
          <SubjectLink kind="decision" id={intent.decision.signal_id}>
            {t("story.decision")} →
          </SubjectLink>
        ) : null}
        {story.trade_id ? <TradeLink id={story.trade_id}>{t("story.trade")} →</TradeLink> : null}
      </p>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </section>
  );
}

function Facts({ story }: { story: OrderStory }) {
  const { t } = useText();
  const { order, intent } = story;
  const { instrument } = order;
  const sum = sumOf(story.fills.filter((fill) => fill.client_order_id === order.client_order_id));
  const ackMs =
    order.sent_at !== undefined && order.acked_at !== undefined ? order.acked_at - order.sent_at : undefined;
  return (
    <Panel className="facts" title={t("order.figures")}>
      <dl className="pairs">
        <Pair label={t("column.type")}>{codeText(t, "type", order.type)}</Pair>
        <Pair label={t("orders.price")}>
          <Price instrument={instrument} value={order.price} />
        </Pair>
        <Pair label={t("orders.stop_price")}>
          <Price instrument={instrument} value={order.stop_price} />
        </Pair>
        <Pair label={t("orders.filled")}>
          <Quantity instrument={instrument} value={order.filled_qty} />
          <span className="muted">
            {" / "}
            <Quantity instrument={instrument} value={order.qty} />
          </span>
        </Pair>
        <Pair label={t("orders.avg_price")}>
          <Price instrument={instrument} value={sum && show(sum.price)} />
        </Pair>
        <Pair label={t("fills.fee")}>
          <Money value={sum?.feeUsdt} digits={4} />
        </Pair>
        <Pair label={t("number.slippage")}>
          <Figure>{sum ? `${numberText(sum.slippageBps, 2)} bps` : "–"}</Figure>
        </Pair>
        <Pair label={t("number.mid_at_send")}>
          <Figure>{numberText(order.mid_at_send)}</Figure>
        </Pair>
        <Pair label={t("number.ack")}>{ackMs === undefined ? "–" : <Duration ms={ackMs} />}</Pair>
        <Pair label={t("order.reserved")}>
          <Money value={intent.reserved_usdt} />
        </Pair>
        <Pair label={t("order.created")}>
          <When ts={order.created_at} day />
        </Pair>
        <Pair label={t("number.rev")}>
          <Figure>{String(intent.intent.config_rev ?? intent.decision?.config_rev ?? "–")}</Figure>
        </Pair>
      </dl>
      <dl className="pairs one ids">
        <Pair label={t("order.exchange_id")}>
          <code>{order.order_id ?? "–"}</code>
        </Pair>
        <Pair label={t("order.intent_id")}>
          <code>{order.intent_id}</code>
        </Pair>
      </dl>
      <details>
        <summary>{t("story.raw")}</summary>
        <pre>{JSON.stringify(story, null, 2)}</pre>
      </details>
    </Panel>
  );
}

/** The other orders of the same intent: retries, slices, and what protects the position. */
function Siblings({ story: { order, orders } }: { story: OrderStory }) {
  const { t } = useText();
  const others = orders.filter((each) => each.client_order_id !== order.client_order_id);
  if (others.length === 0) return null;
  return (
    <Panel className="siblings" title={t("order.siblings")}>
      <ul className="rows">
        {others.map((each) => (
          <li key={each.client_order_id} className="sibling">
            <OrderLink id={each.client_order_id} />
            <span>{t(`kind.${each.kind}`)}</span>
            <span className="sibling-terms">{orderTerms(t, each)}</span>
            <span className="status" data-status={each.status}>
              {t(`status.${each.status}`)}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
