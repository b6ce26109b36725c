/** What a signal would have opened had no guard and no rule stopped it: its side and its size, by the same functions. */
import type { Signal, Sizing } from "../../domain/decision.ts";
import { type Instrument, marketOf } from "../../domain/instrument.ts";
import type { Side } from "../../domain/order.ts";
import type { CompiledBundle } from "./compiled.ts";
import { chooseSide, SIDE_VALUE } from "./decide.ts";
import { weigh } from "./rules.ts";
import { sizeEntry } from "./sizing.ts";

/** Either what would have been opened, or why there was nothing to open. */
export type Unguarded =
  | { side: Side; sizing: Sizing; reason: undefined }
  | { side: undefined; sizing: undefined; reason: string };

const nothing = (reason: string): Unguarded => ({ side: undefined, sizing: undefined, reason });

/** The account's state is left out, and with it the size that a yellow or orange health would have cut. */
export function unguarded(signal: Signal, compiled: CompiledBundle, instrument: Instrument): Unguarded {
  const strategy = compiled.strategies.get(signal.strategy_id);
  if (!strategy) return nothing("unknown_strategy");
  const { features } = signal;
  const futures = marketOf(signal.instrument) === "FUT";
  const { side, reason } = chooseSide(strategy, features.values, !futures);
  if (!side) return nothing(reason);
  const { size_mult, tp_mult, sl_mult } = weigh(strategy.rules, { ...features.values, side: SIDE_VALUE[side] });
  const { execution } = compiled.bundle.flags;
  const sized = sizeEntry({
    ...{ side, instrument, features, sizing: strategy.sizing, position: strategy.position },
    ...{ size_mult, tp_mult, sl_mult },
    taker_fee: futures ? execution.taker_fee : execution.spot_taker_fee,
  });
  return sized.sizing ? { side, sizing: sized.sizing, reason: undefined } : nothing(sized.reason);
}
