/** Self-trade prevention: what gives way when an order would trade with another of its own owner. */
import type { MatchEvent, NewOrder } from "./matcher.ts";
import { leftOf, type RestingOrder } from "./order-book.ts";

type Prevented = Extract<MatchEvent, { kind: "prevented" }>;

/** True when the two must not trade with each other. */
export const isOwn = (taker: Pick<NewOrder, "owner" | "stp">, maker: { owner: string }): boolean =>
  taker.owner !== undefined && taker.owner !== "" && taker.owner === maker.owner && (taker.stp ?? "NONE") !== "NONE";

/** What is taken from a taker with `left` lots and from the maker it meets. */
export function decidePrevention(taker: Pick<NewOrder, "id" | "stp">, left: number, maker: RestingOrder): Prevented {
  const there = leftOf(maker);
  const lots = Math.min(left, there);
  const [takerLots, makerLots] = taken(taker.stp, left, there);
  return { kind: "prevented", orderId: taker.id, makerId: maker.id, ticks: maker.ticks, lots, takerLots, makerLots };
}

/** Lots taken from a taker with `left` and a maker with `there`. */
export function taken(mode: NewOrder["stp"], left: number, there: number): [taker: number, maker: number] {
  switch (mode) {
    case "EXPIRE_TAKER":
      return [left, 0];
    case "EXPIRE_MAKER":
      return [0, there];
    case "EXPIRE_BOTH":
      return [left, there];
    default:
      return [Math.min(left, there), Math.min(left, there)];
  }
}
