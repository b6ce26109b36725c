/** Prices that futures orders take from the book instead of naming one. */
import type { InstrumentId } from "../domain/instrument.ts";
import type { Amount } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { PriceMatch } from "./facts.ts";
import { priceOf } from "./listing.ts";

/** OPPONENT is the best price of the other side, OPPONENT_5 its fifth level; QUEUE the same of the own side. Throws NO_MATCH. */
export function matchedPrice(
  exchange: Exchange,
  { instrument, side, match }: { instrument: InstrumentId; side: Side; match: PriceMatch },
): Amount {
  const [whose = "", level = "1"] = match.split("_");
  const place = Number(level);
  const { bids, asks } = exchange.deps.matcher(instrument).depth(place);
  const levels = (side === "BUY") === (whose === "QUEUE") ? bids : asks;
  const found = levels[place - 1];
  if (!found) throw new Refusal("NO_MATCH");
  return priceOf(exchange.state.listing(instrument), found[0]);
}
