/** What will become of a transfer before it is asked for: by the config's caps and by what was moved already. */
import type { TreasuryTransfer } from "../../../../shared/collections/exchange.ts";
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import { type Amount, add, dec, isDecimal, sum, zero } from "../../../../shared/domain/money.ts";
import type { Balance } from "../../../../shared/domain/trade.ts";
import type { TransferRequest, Wallet } from "../api/shapes.ts";

type Caps = Bundle["flags"]["treasury"];

export type Outlook =
  /** What a person asks for waits until a person approves; the policy's own caps are for the services' requests. */
  | { kind: "waits" }
  | { kind: "fault"; fault: "not_an_amount" | "same_wallet" | "too_little" | "over_cap" | "over_day" };

const DAY_MS = 86_400_000;
const ASSET = "USDT";

export const freeIn = (balances: readonly Balance[], wallet: Wallet): Amount =>
  sum(balances.filter(({ market, asset }) => market === wallet && asset === ASSET).map(({ free }) => dec(free)));

/** Moved, or perhaps moved, in the UTC day of `at`. */
export const movedOf = (transfers: readonly TreasuryTransfer[], at: number): Amount =>
  sum(
    transfers
      .filter(({ state, created_at }) => state !== "FAIL" && created_at >= at - (at % DAY_MS))
      .map(({ amount_usdt }) => dec(amount_usdt)),
  );

interface Known {
  caps: Caps;
  /** Free in the wallet it would leave. */
  free: Amount;
  moved: Amount;
}

export function outlookOf({ from, to, amount_usdt }: TransferRequest, { caps, free, moved }: Known): Outlook {
  const amount = isDecimal(amount_usdt) ? dec(amount_usdt) : zero;
  if (amount <= zero) return { kind: "fault", fault: "not_an_amount" };
  if (from === to) return { kind: "fault", fault: "same_wallet" };
  if (amount > free) return { kind: "fault", fault: "too_little" };
  if (amount > dec(caps.transfer_usdt_max)) return { kind: "fault", fault: "over_cap" };
  const isOverDay = add(moved, amount) > dec(caps.day_usdt_max);
  return isOverDay ? { kind: "fault", fault: "over_day" } : { kind: "waits" };
}
