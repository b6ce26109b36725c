/** What a signal would have opened had no guard and no rule stopped it: its side and its size, by the same functions. */
import type { Signal, Sizing } from "../../domain/decision.ts";
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import type { Side } from "../../domain/order.ts";
import type { Wish } from "../../domain/program.ts";
import type { CompiledBundle } from "./compiled.ts";
import { chooseSide, SIDE_VALUE, withWish } from "./decide.ts";
import { weigh } from "./rules.ts";
import { sizeEntry } from "./sizing.ts";

/** Either what would have been opened, or why there was nothing to open. */
export type Unguarded =
  | { side: Side; sizing: Sizing; reason: undefined }
  | { side: undefined; sizing: undefined; reason: string };

const nothing = (reason: string): Unguarded => ({ side: undefined, sizing: undefined, reason });

export interface UnguardedInput {
  readonly signal: Signal;
  readonly compiled: CompiledBundle;
  readonly instrument: Instrument;
  /** What the strategy's program had wished for, where it was asked. */
  readonly wish: Wish | undefined;
}

/**
 * The account's state is left out, and with it the size that a yellow or orange health, or a model, would have cut. A
 * program is not asked again, since it remembers; of an entry that rests nobody can say whether it had been filled.
 */
export function unguarded({ signal, compiled, instrument, wish }: UnguardedInput): Unguarded {
  const strategy = compiled.strategies.get(signal.strategy_id);
  if (!strategy) return nothing("unknown_strategy");
  if (strategy.strategy.program && !wish) return nothing("no_wish");
  if (wish?.price !== undefined) return nothing("resting_entry");
  const { features } = signal;
  const futures = marketOf(signal.instrument) === "FUT";
  const chosen = wish ? { side: wish.side, reason: "" } : chooseSide(strategy, features.values, !futures);
  const { side } = chosen;
  if (!side) return nothing(chosen.reason);
  const weighed = withWish(weigh(strategy.rules, { ...features.values, side: SIDE_VALUE[side] }), wish);
  const { size_mult, tp_mult, sl_mult } = weighed;
  const { execution } = compiled.bundle.flags;
  const sized = sizeEntry({
    ...{ side, instrument, features, sizing: strategy.sizing, position: strategy.position },
    ...{ size_mult, tp_mult, sl_mult },
    taker_fee: futures ? execution.taker_fee : execution.spot_taker_fee,
  });
  return sized.sizing ? { side, sizing: sized.sizing, reason: undefined } : nothing(sized.reason);
}
