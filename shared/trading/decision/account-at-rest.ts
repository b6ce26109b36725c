/** An account on which nothing is open and nothing has happened: what is decided for it depends on market and bundle alone. */
import type { Bundle } from "../../domain/bundle.ts";
import { dec, zero } from "../../domain/money.ts";
import type { AccountState } from "./account.ts";

/** Health is GREEN and the whole budget is free; the bundle's own limits on a single entry still hold. */
export const accountAtRest = ({ flags }: Bundle): AccountState => ({
  kill: false,
  health: "GREEN",
  paused_strategies: new Set(),
  open: [],
  cooldown_until: new Map(),
  losses_in_row: 0,
  day_pnl_usdt: zero,
  equity: undefined,
  budget: { budget_usdt: dec(flags.risk.budget_usdt), used_usdt: zero, reserved_usdt: zero },
});
