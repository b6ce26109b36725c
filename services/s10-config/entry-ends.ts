/** Which end of an entry is held against the revision that asked for it. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { dec, zero } from "../../shared/domain/money.ts";
import type { Code } from "../../shared/errors.ts";

/** Refusals for how the whole system was just then: they say nothing of the revision that asked. */
const NOT_ITS_DOING: ReadonlySet<string> = new Set<Code>([
  ...(["KILL_SWITCH", "WRONG_STATE", "ORDER_UNKNOWN", "FENCED", "RATE_LIMITED", "INTERNAL"] as const),
  ...(["UNAVAILABLE", "NOT_OWNER", "STOPPING", "NOT_READY", "TIMEOUT", "EXCHANGE_UNKNOWN"] as const),
]);

export const isItsDoing = (code: string): boolean => !NOT_ITS_DOING.has(code);
/** Over without a fill. */
export const isEmpty = ({ answer }: IntentRecord): boolean => dec(answer.filled_qty) === zero;
