/** Why a position or a wallet is not what was booked: by whose orders it was changed. */
import type { Difference } from "./difference.ts";

/** An order that is none of ours, by its client id. */
export type Stranger = "LIQUIDATION" | "AUTO_DELEVERAGING" | "MANUAL_TRADE";
export type Cause = Stranger | "MISSED_FILLS" | "UNEXPLAINED";

/** `tag` heads every client id of this installation; nothing for those. */
export function strangerOf(client_order_id: string, tag: string): Stranger | undefined {
  if (client_order_id.startsWith(`${tag}-`)) return undefined;
  if (client_order_id.startsWith("autoclose-")) return "LIQUIDATION";
  if (client_order_id.startsWith("adl_autoclose")) return "AUTO_DELEVERAGING";
  return "MANUAL_TRADE";
}

export const isForced = (cause: Cause): cause is "LIQUIDATION" | "AUTO_DELEVERAGING" =>
  cause === "LIQUIDATION" || cause === "AUTO_DELEVERAGING";

/** What speaks for a cause, all of the instrument and since its books last agreed. */
export interface Evidence {
  /** Strangers whose orders traded, as the account stream told. */
  readonly heard: readonly Stranger[];
  /** The income history has the fee of a liquidation. */
  readonly hasLiquidationFee: boolean;
  /** Fills of the exchange that we lack: of orders that are ours, and of others. */
  readonly missedFills: number;
  readonly strangeFills: number;
}

/** The gravest that something speaks for. Fills name no client id: without the stream a forced close looks manual. */
export function causeOf({ heard, hasLiquidationFee, missedFills, strangeFills }: Evidence): Cause {
  if (heard.includes("LIQUIDATION") || hasLiquidationFee) return "LIQUIDATION";
  if (heard.includes("AUTO_DELEVERAGING")) return "AUTO_DELEVERAGING";
  if (heard.includes("MANUAL_TRADE") || strangeFills > 0) return "MANUAL_TRADE";
  return missedFills > 0 ? "MISSED_FILLS" : "UNEXPLAINED";
}

/** What a difference is called once its cause is known: the cause itself where there is one. */
export const typeOf = ({ kind }: Difference, cause: Cause | undefined): string =>
  cause === undefined || cause === "UNEXPLAINED" ? kind : cause;
