/** Folds what happens to conditional orders into the state. */
import { dec, zero } from "../domain/money.ts";
import type { AlgoTerms, Fact } from "./facts.ts";
import { amountOf, type ExchangeState, type VenueAlgo } from "./state.ts";

type Of<F extends Fact["fact"]> = Extract<Fact, { fact: F }>;
export type AlgoFact = Of<"algo_accepted" | "algo_triggered" | "algo_placed" | "algo_trailed" | "algo_ended">;

export function applyAlgoFact(state: ExchangeState, fact: AlgoFact, at: number): void {
  if (fact.fact === "algo_accepted") {
    accepted(state, fact.algo, at);
    return;
  }
  const algo = state.algos.get(fact.algo_id);
  if (!algo) throw new Error(`Invariant: conditional order ${fact.algo_id} is not known`);
  changed(state, algo, { fact, at });
}

function accepted(state: ExchangeState, terms: AlgoTerms, at: number): void {
  state.algo_seq = Math.max(state.algo_seq, terms.algo_id);
  state.indexAlgo({
    ...terms,
    trigger_price: dec(terms.trigger_price),
    qty: dec(terms.qty),
    position_side: terms.position_side ?? "BOTH",
    price: amountOf(terms.price) ?? zero,
    tif: terms.tif ?? "GTC",
    good_till: terms.good_till,
    price_match: terms.price_match,
    stp: terms.stp ?? "NONE",
    activate_price: amountOf(terms.activate_price),
    callback_rate: amountOf(terms.callback_rate),
    extreme: undefined,
    status: "NEW",
    reason: "",
    order_id: undefined,
    triggered_at: 0,
    created_at: at,
    updated_at: at,
  });
}

function changed(
  state: ExchangeState,
  algo: VenueAlgo,
  { fact, at }: { fact: Exclude<AlgoFact, Of<"algo_accepted">>; at: number },
): void {
  algo.updated_at = at;
  switch (fact.fact) {
    case "algo_trailed":
      algo.extreme = dec(fact.price);
      break;
    case "algo_triggered":
      algo.status = "TRIGGERING";
      algo.triggered_at = at;
      state.openAlgos.delete(algo.algo_id);
      break;
    case "algo_placed":
      algo.status = "TRIGGERED";
      algo.order_id = fact.order_id;
      break;
    case "algo_ended":
      algo.status = fact.status;
      algo.reason = fact.reason;
      if (fact.order_id !== undefined) algo.order_id = fact.order_id;
      state.openAlgos.delete(algo.algo_id);
      break;
  }
}
