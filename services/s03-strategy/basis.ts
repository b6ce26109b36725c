/** What a past decision was made from besides the features: the moment, the conditions as they read then, the state. */
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Store } from "../../shared/kit/ports.ts";
import type { Surroundings } from "./surroundings.ts";
import type { DecisionBasis } from "./types.ts";

/** Decisions of the same strategy looked through for what its program remembered. */
const LOOK_BACK = 20;

interface Parts {
  store: Pick<Store, "get" | "query">;
  surroundings: Pick<Surroundings, "revision">;
}

/** Under the decision's own revision; parts that nobody keeps any more are left out. */
export async function basisOf({ store, surroundings }: Parts, decision: Decision): Promise<DecisionBasis> {
  const { signal_id, strategy_id, config_rev } = decision;
  const [signal, compiled, state_before] = await Promise.all([
    store.get(signalsSeen, signal_id),
    surroundings.revision(config_rev),
    stateBefore(store, decision),
  ]);
  const strategy = compiled?.strategies.get(strategy_id)?.strategy;
  const looked = new Set(decision.rules.map(({ rule_id }) => rule_id));
  const rules = compiled?.bundle.rules.filter(({ rule_id }) => looked.has(rule_id)) ?? [];
  return {
    ...(signal && { trigger: signal.value.trigger }),
    ...(strategy && { title: strategy.title }),
    ...(strategy?.long && { long: strategy.long }),
    ...(strategy?.short && { short: strategy.short }),
    ...(strategy?.model && { cutoffs: strategy.model.cutoffs }),
    ...(state_before !== undefined && { state_before }),
    rules: rules.map(({ rule_id, when, note }) => ({ rule_id, when, ...(note !== undefined && { note }) })),
  };
}

/** As the strategy's decision before this one left it, on the same instrument and by the same program. */
async function stateBefore(store: Parts["store"], decision: Decision): Promise<unknown> {
  const { program, strategy_id, instrument, ts, signal_id } = decision;
  if (!program) return undefined;
  const { items } = await store.query(decisionsMade, {
    where: { instrument, strategy_id, ts: { lte: ts } },
    sort: { field: "ts", order: "desc" },
    limit: LOOK_BACK,
  });
  const before = items.find(({ value }) => value.signal_id !== signal_id && value.program?.hash === program.hash);
  return before?.value.program?.state;
}
