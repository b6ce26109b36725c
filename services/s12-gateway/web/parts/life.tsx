/** An order's life, step by step: when, how long after the step before, what, and how it came to be known. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { OrderStory } from "../../../../shared/client/gen/types.ts";
import type { PlanSlice } from "../../../../shared/collections/execution.ts";
import type { Fill } from "../../../../shared/domain/order.ts";
import { instrumentsQuery } from "../api/queries.ts";
import { asGiven, digitsOf, numberText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { lifeOf, type Step, toneOf } from "../state/life.ts";
import { stepWords } from "../stories/life-words.ts";
import { Duration, Figure, Money, When } from "./figures.tsx";
import { OrderLink } from "./links.tsx";
import { Price, Quantity } from "./precision.tsx";
import { Empty, Panel } from "./states.tsx";

export function LifePanel({ story }: { story: OrderStory }) {
  const { t } = useText();
  const [onlyOwn, setOnlyOwn] = useState(false);
  const life = lifeOf(story);
  const others = life.some((step) => !step.isOwn);
  const shown = onlyOwn ? life.filter((step) => step.isOwn) : life;
  return (
    <Panel
      id="life"
      className="life-panel"
      title={t("life.title")}
      aside={
        others ? (
          <label className="check">
            <input type="checkbox" checked={onlyOwn} onChange={(event) => setOnlyOwn(event.target.checked)} />
            {t("life.only_own")}
          </label>
        ) : null
      }
    >
      {shown.length === 0 ? (
        <Empty>{t("life.empty")}</Empty>
      ) : (
        <ol className="life" aria-label={t("life.title")}>
          {shown.map((step) => (
            <LifeStep key={step.key} step={step} story={story} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function LifeStep({ step, story }: { step: Step; story: OrderStory }) {
  const { t } = useText();
  const words = stepWords(t, step, story);
  const said = step.what === "PLAN" ? story.plan?.why : undefined;
  return (
    <li className="life-step" data-what={step.what} data-tone={toneOf(step.what)} data-own={step.isOwn}>
      <span className="life-time">
        <When ts={step.ts} precise />
        <span className="life-gap">
          {step.gapMs === undefined ? null : (
            <>
              +<Duration ms={step.gapMs} />
            </>
          )}
        </span>
      </span>
      <span className="life-dot" aria-hidden="true" />
      <div className="life-what">
        <p>
          <strong>{t(`life.${step.what}`)}</strong>
          {step.order && !step.isOwn ? (
            <span className="life-other">
              {t(`kind.${step.order.kind}`)} <OrderLink id={step.order.client_order_id} />
            </span>
          ) : null}
          <span className="life-by" title={t("life.by.hint")}>
            {t(`by.${step.by}`)}
          </span>
        </p>
        {words ? <p className="life-words">{words}</p> : null}
        {said ? <p className="life-words muted">{said}</p> : null}
        {step.what === "PLAN" && story.plan && story.plan.slices.length > 1 ? (
          <Slices instrument={story.order.instrument} slices={story.plan.slices} />
        ) : null}
        {step.fills.length > 0 ? <Executions fills={step.fills} /> : null}
      </div>
    </li>
  );
}

/** One row an execution; a single one stays folded, since the words above have said it. */
function Executions({ fills }: { fills: readonly Fill[] }) {
  const { t } = useText();
  const instruments = useQuery(instrumentsQuery).data;
  const listing = instruments?.find((each) => each.instrument === fills[0]!.instrument);
  return (
    <details open={fills.length > 1}>
      <summary>{t("life.executions", { count: fills.length })}</summary>
      <table className="small-table numbers">
        <thead>
          <tr>
            <th>{t("column.time")}</th>
            <th className="right">{t("position.qty")}</th>
            <th className="right">{t("orders.price")}</th>
            <th className="right">{t("fills.fee")}</th>
            <th>{t("fills.role")}</th>
            <th className="right">{t("number.slippage")}</th>
            <th className="right">{t("number.latency_fill")}</th>
          </tr>
        </thead>
        <tbody>
          {fills.map((fill) => (
            <tr key={fill.fill_id}>
              <td>
                <When ts={fill.ts} precise />
              </td>
              <td className="right">
                <Quantity instrument={fill.instrument} value={fill.qty} />
              </td>
              <td className="right">
                <Price instrument={fill.instrument} value={fill.price} />
              </td>
              <td className="right">
                {fill.fee_asset === "USDT" ? (
                  <Money value={fill.fee_usdt} digits={4} />
                ) : (
                  <Figure title={fill.fee_asset}>{`${asGiven(fill.fee)} ${fill.fee_asset}`}</Figure>
                )}
              </td>
              <td>{t(fill.maker ? "fills.maker" : "fills.taker")}</td>
              <td className="right">
                <Figure>{`${numberText(fill.slippage_bps, 2)} bps`}</Figure>
              </td>
              <td className="right">{fill.latency_ms === undefined ? "–" : <Duration ms={fill.latency_ms} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <BookAtSend fill={fills[0]!} digits={digitsOf(listing?.tick_size, 2)} />
    </details>
  );
}

/** The best levels as they were when the order left, the way they are read: bids left, asks right. */
function BookAtSend({ fill, digits }: { fill: Fill; digits: number }) {
  const { t } = useText();
  const book = fill.book_at_send;
  if (!book) return null;
  const rows = Math.max(book.bids.length, book.asks.length);
  const text = (price: string | undefined) => (price === undefined ? "" : numberText(Number(price), digits));
  return (
    <table className="small-table numbers">
      <caption>{t("life.book_at_send")}</caption>
      <tbody>
        {Array.from({ length: rows }, (_, row) => ({ bid: book.bids[row], ask: book.asks[row] })).map(
          ({ bid, ask }) => (
            <tr key={`${bid?.price} ${ask?.price}`}>
              <td className="right muted">{asGiven(bid?.qty)}</td>
              <td className="right" data-tone="up">
                {text(bid?.price)}
              </td>
              <td data-tone="down">{text(ask?.price)}</td>
              <td className="muted">{asGiven(ask?.qty)}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}

function Slices({ instrument, slices }: { instrument: string; slices: readonly PlanSlice[] }) {
  const { t } = useText();
  return (
    <details open>
      <summary>{t("life.slices", { count: slices.length })}</summary>
      <table className="small-table numbers">
        <thead>
          <tr>
            <th className="right">#</th>
            <th>{t("life.due")}</th>
            <th className="right">{t("position.qty")}</th>
            <th className="right">{t("orders.filled")}</th>
            <th>{t("column.status")}</th>
            <th>{t("column.id")}</th>
          </tr>
        </thead>
        <tbody>
          {slices.map((slice) => (
            <tr key={slice.number}>
              <td className="right">{slice.number + 1}</td>
              <td>
                <When ts={slice.due_at} precise />
              </td>
              <td className="right">
                <Quantity instrument={instrument} value={slice.qty} />
              </td>
              <td className="right">
                <Quantity instrument={instrument} value={slice.filled_qty} />
              </td>
              <td>{t(`slice.${slice.state}`)}</td>
              <td>
                {slice.client_order_ids.map((id) => (
                  <span key={id} className="slice-order">
                    <OrderLink id={id} />
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
