/** A market in which takers pay more than was recorded: every price they meet is moved against them. */
import type { Side } from "../domain/order.ts";
import type { MatchEvent, Matcher, NewOrder } from "../engine/matcher.ts";

const BASIS = 10_000;

/** The matcher itself where nothing is added. */
export function withSlippage(matcher: Matcher, bps: number): Matcher {
  if (bps === 0) return matcher;
  const worse = (side: Side, ticks: number): number =>
    side === "BUY" ? Math.ceil(ticks * (1 + bps / BASIS)) : Math.max(1, Math.floor(ticks * (1 - bps / BASIS)));
  const taken = (order: NewOrder, event: MatchEvent): MatchEvent =>
    event.kind === "trade" && !event.maker && event.orderId === order.id
      ? { ...event, ticks: worse(order.side, event.ticks) }
      : event;
  return {
    place: (order) => matcher.place(order).map((event) => taken(order, event)),
    preview: (wish) => matcher.preview(wish).map(([ticks, lots]) => [worse(wish.side, ticks), lots]),
    cancel: (id) => matcher.cancel(id),
    cut: (id, left) => matcher.cut(id, left),
    best: () => matcher.best(),
    depth: (levels) => matcher.depth(levels),
  };
}
