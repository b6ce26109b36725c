/** Conditional futures orders: kept until mark or last price reaches their trigger, then sent as MARKET. */
import type { InstrumentId } from "../domain/instrument.ts";
import { type Amount, show, zero } from "../domain/money.ts";
import type { Side } from "../domain/order.ts";
import { Refusal } from "./checks.ts";
import type { Exchange } from "./exchange.ts";
import type { AlgoTerms, AlgoType, WorkingType } from "./facts.ts";
import type { VenueAlgo } from "./state.ts";

/** Over all symbols of an account. */
const OPEN_ALGOS_MAX = 200;

export interface PlaceAlgo {
  readonly account: string;
  readonly instrument: InstrumentId;
  readonly client_id: string;
  readonly side: Side;
  readonly type: AlgoType;
  readonly trigger_price: Amount;
  readonly working_type: WorkingType;
  /** Zero with `close_position`. */
  readonly qty: Amount;
  readonly reduce_only: boolean;
  readonly close_position: boolean;
  readonly price_protect: boolean;
}

/** A stop triggers against the position's favour, a take-profit with it. */
export function isTriggered(algo: Pick<PlaceAlgo, "side" | "type" | "trigger_price">, price: Amount): boolean {
  const above = (algo.type === "STOP_MARKET") === (algo.side === "BUY");
  return above ? price >= algo.trigger_price : price <= algo.trigger_price;
}

/** Keeps a conditional order; `price` is what its working type watches. Throws a Refusal WOULD_TRIGGER, DUPLICATE_ID or TOO_MANY. */
export function placeAlgo(exchange: Exchange, asked: PlaceAlgo, price: Amount | undefined): VenueAlgo {
  const { state } = exchange;
  const open = [...state.openAlgos.values()].filter((algo) => algo.account === asked.account);
  if (open.some((algo) => algo.client_id === asked.client_id)) throw new Refusal("DUPLICATE_ID");
  if (open.length >= OPEN_ALGOS_MAX) throw new Refusal("TOO_MANY");
  if (price !== undefined && isTriggered(asked, price)) throw new Refusal("WOULD_TRIGGER");
  const algo_id = state.algo_seq + 1;
  const terms: AlgoTerms = {
    ...asked,
    algo_id,
    trigger_price: show(asked.trigger_price),
    qty: show(asked.close_position ? zero : asked.qty),
  };
  exchange.record({ fact: "algo_accepted", algo: terms });
  return state.algos.get(algo_id) as VenueAlgo;
}

/** Throws UNKNOWN_ORDER for one that no longer waits. */
export function cancelAlgo(exchange: Exchange, algo: VenueAlgo | undefined): VenueAlgo {
  if (!algo || !exchange.state.openAlgos.has(algo.algo_id)) throw new Refusal("UNKNOWN_ORDER");
  exchange.record({ fact: "algo_ended", algo_id: algo.algo_id, status: "CANCELED", reason: "" });
  return algo;
}

/** True when some conditional order of the instrument watches this price: spares reading it otherwise. */
export function watches(exchange: Exchange, instrument: InstrumentId, working: WorkingType): boolean {
  for (const algo of exchange.state.openAlgos.values()) {
    if (algo.instrument === instrument && algo.working_type === working) return true;
  }
  return false;
}

/** Sends every conditional order that `price` triggers, oldest first. */
export function triggerAlgos(
  exchange: Exchange,
  { instrument, working, price }: { instrument: InstrumentId; working: WorkingType; price: Amount },
): void {
  for (const algo of [...exchange.state.openAlgos.values()]) {
    const watching = algo.instrument === instrument && algo.working_type === working && algo.status === "NEW";
    if (watching && isTriggered(algo, price)) trigger(exchange, algo);
  }
}

function trigger(exchange: Exchange, algo: VenueAlgo): void {
  const { algo_id } = algo;
  exchange.record({ fact: "algo_triggered", algo_id });
  try {
    const order = exchange.place({
      account: algo.account,
      instrument: algo.instrument,
      client_id: algo.client_id,
      side: algo.side,
      type: "MARKET",
      tif: "GTC",
      price: zero,
      qty: algo.qty,
      reduce_only: algo.reduce_only || algo.close_position,
      close_position: algo.close_position,
      algo_id,
    });
    exchange.record({ fact: "algo_ended", algo_id, status: "FINISHED", order_id: order.order_id, reason: "" });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const nothing = error.why === "REDUCE_ONLY";
    exchange.record({ fact: "algo_ended", algo_id, status: nothing ? "EXPIRED" : "REJECTED", reason: error.why });
  }
}
