/** One hash for everything the exchange knows: equal after a restart from the journal, and for equal runs. */
import { createHash } from "node:crypto";
import { canonical, type ExchangeState } from "../../shared/engine/state.ts";

/** SHA-256 over the canonical state, hex. */
export function hashState(state: ExchangeState): string {
  const text = JSON.stringify(canonical(state), (_, value) => (typeof value === "bigint" ? value.toString() : value));
  return createHash("sha256").update(text).digest("hex");
}
