/** What the guards know of the account: open trades, running entries, results so far, what people and S4 said. */
import type { InstrumentId } from "../../domain/instrument.ts";
import type { Amount } from "../../domain/money.ts";
import type { HealthEffects, HealthLevel } from "../../streams.ts";

/** A trade that is open, or an entry that is on its way. */
export interface OpenExposure {
  readonly instrument: InstrumentId;
  readonly notional_usdt: Amount;
}

export interface AccountState {
  /** True also when it cannot be read. */
  readonly kill: boolean;
  readonly health: HealthLevel;
  /** What S11 said beside the level; absent: nothing. */
  readonly effects?: HealthEffects;
  /** S11 has not been heard for too long, and the level is what that counts as. */
  readonly health_silent?: boolean;
  /** Why the bus takes no more risk; undefined: it does. */
  readonly bus?: string | undefined;
  /** By `pauseKey`: strategies, and strategies on one instrument. */
  readonly paused_strategies: ReadonlySet<string>;
  readonly open: readonly OpenExposure[];
  /** Epoch ms until which a stop that was hit keeps entries on its instrument away. */
  readonly cooldown_until: ReadonlyMap<InstrumentId, number>;
  /** Closed trades with a loss since the last one without, this UTC day. */
  readonly losses_in_row: number;
  /** Realised this UTC day after fees and funding, USDT. */
  readonly day_pnl_usdt: Amount;
  /** Equity with its peak, USDT; undefined until the exchange's balances are known. */
  readonly equity: { readonly now_usdt: Amount; readonly peak_usdt: Amount } | undefined;
  /** As the router last told; undefined: it could not be asked. */
  readonly budget:
    | { readonly budget_usdt: Amount; readonly used_usdt: Amount; readonly reserved_usdt: Amount }
    | undefined;
}
