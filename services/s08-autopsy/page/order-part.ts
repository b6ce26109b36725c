/** The orders of a trade as lines over time, and everything that happened to them, to the stop and to the trade in order. */
import type { Order } from "../../../shared/domain/order.ts";
import { at, type Box, frame, picture, scaleOf, timeTicks } from "../../../shared/report/axes.ts";
import { asGiven, instant, moment } from "../../../shared/report/figures.ts";
import { html, type Markup, NOTHING } from "../../../shared/report/markup.ts";
import { section, table, text, words } from "../../../shared/report/tables.ts";
import type { AutopsyFacts } from "../facts.ts";
import { linked } from "./linked.ts";

const ROW = 18;
const LINES_MAX = 40;
const EVENTS_MAX = 400;

export function orderPart(facts: AutopsyFacts): Markup {
  const events = eventsOf(facts);
  const left = events.length - EVENTS_MAX;
  const rows = events
    .slice(0, EVENTS_MAX)
    .map(({ ts, who, what, id }) => [instant(ts), who, what, linked("orders", id)]);
  const columns = [text("time"), text("of"), words("what happened"), text("order")];
  const more = left > 0 && html`<p class="note">And ${left} more.</p>`;
  const head = events[0] && html`<p class="note">Times of ${moment(events[0].ts).slice(0, 10)} and after, UTC.</p>`;
  return section("Orders", html`${lifeChart(facts)}${head}${table("What happened, in order", columns, rows)}${more}`);
}

interface Event {
  readonly ts: number;
  readonly who: string;
  readonly what: string;
  readonly id: string | undefined;
}

function eventsOf({ orders, trade, fills, payments }: AutopsyFacts): Event[] {
  const told = orders.flatMap((order) =>
    storyOf(order).map(({ ts, status, by, detail, filled_qty }): Event => {
      const filled = filled_qty === undefined || filled_qty === "0" ? "" : `, ${asGiven(filled_qty)} filled`;
      const why = detail === undefined ? "" : `: ${detail}`;
      return {
        ts,
        who: nameOf(order),
        what: `${status}${filled} (${by.toLowerCase()})${why}`,
        id: order.client_order_id,
      };
    }),
  );
  const filled = fills.map((fill): Event => {
    const what = `filled ${asGiven(fill.qty)} at ${asGiven(fill.price)}`;
    return { ts: fill.ts, who: `${fill.kind} ${fill.side}`, what, id: fill.client_order_id };
  });
  const stops = trade.stops.map(({ ts, stop_price, reason }): Event => {
    return { ts, who: "stop", what: `at ${asGiven(stop_price)}: ${reason}`, id: undefined };
  });
  const paid = payments.map(({ ts, amount_usdt }): Event => {
    return { ts, who: "funding", what: `${amount_usdt} USDT`, id: undefined };
  });
  return [...told, ...filled, ...stops, ...paid].sort((a, b) => a.ts - b.ts);
}

/** An order of before stories were kept has only its end. */
const storyOf = (order: Order): NonNullable<Order["story"]> =>
  order.story ?? [{ ts: order.updated_at, status: order.status, by: "ROUTER" }];
const nameOf = ({ kind, side, type }: Order): string => `${kind} ${side} ${type}`;

/** A line for each order from when it was made to when it was over; a dot where it was filled. */
function lifeChart({ orders, fills, trade }: AutopsyFacts): Markup {
  const shown = orders.slice(0, LINES_MAX);
  if (shown.length === 0) return NOTHING;
  const box: Box = { width: 960, height: shown.length * ROW + 32, left: 230, right: 20, top: 4, bottom: 24 };
  const end = Math.max(trade.closed_at ?? 0, ...shown.map((order) => order.updated_at));
  const span: [number, number] = [Math.min(trade.opened_at, ...shown.map(({ created_at }) => created_at)), end];
  const x = scaleOf(span, [box.left, box.width - box.right]);
  const lines = shown.map((order, index) => {
    const y = box.top + index * ROW + ROW / 2;
    const dots = fills
      .filter((fill) => fill.client_order_id === order.client_order_id)
      .map(({ ts }) => html`<circle class="dot taker" cx="${at(x(ts))}" cy="${at(y)}" r="3.5"/>`);
    const isFilled = order.status === "FILLED" || dots.length > 0;
    return html`<text class="name" x="${box.left - 8}" y="${at(y + 4)}" text-anchor="end">${`${nameOf(order)} ${asGiven(order.qty)}`}</text>
<line class="life ${isFilled ? "filled" : "ended"}" x1="${at(x(order.created_at))}" x2="${at(Math.max(x(order.updated_at), x(order.created_at) + 2))}" y1="${at(y)}" y2="${at(y)}"/>${dots}`;
  });
  const axes = frame(box, { x, y: () => 0, times: timeTicks(span, 8), levels: [] });
  const more =
    orders.length > shown.length && html`<p class="note">${shown.length} of ${orders.length} orders are drawn.</p>`;
  return html`${picture(box, `Orders of ${trade.trade_id} over time`, html`${axes}${lines}`)}${more}`;
}
