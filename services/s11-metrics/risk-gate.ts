/** Looks behind S4: was an entry sent that the kill switch, the health level or its own time should have stopped? */
import { killState } from "../../shared/collections/people.ts";
import { isEntry } from "../../shared/domain/order.ts";
import type { Store } from "../../shared/kit/ports.ts";
import type { HealthLevel, OrderResult } from "../../shared/streams.ts";
import { sliceLeg } from "../../shared/trading/execution/twap.ts";

/** What has been told so lately was perhaps not heard yet when the order was made. */
const HEARD_MS = 10_000;
/** Intents that are remembered, so that each is looked at once. */
const INTENTS_MAX = 10_000;

/** Later ones of an entry are made long after it was let in. */
const FIRST_LEGS: readonly string[] = ["e0", sliceLeg(0, 0)];

interface GateParts {
  readonly store: Pick<Store, "get">;
  level(): { level: HealthLevel; since: number };
  /** One entry that was looked at; `missed`: the gate that let it through. */
  found(intentId: string, missed: string | undefined): void;
}

export function createRiskGate({ store, level, found }: GateParts) {
  const seen = new Set<string>();

  async function missedBy(intent: OrderResult["intent"], madeAt: number): Promise<string | undefined> {
    const kill = (await store.get(killState, "kill"))?.value;
    if (kill?.enabled && madeAt > kill.ts + HEARD_MS) return "the kill switch was on";
    const { level: now, since } = level();
    if (now === "RED" && madeAt > since + HEARD_MS) return "health was RED";
    if (intent.valid_until !== undefined && madeAt > intent.valid_until + HEARD_MS) return "its time was over";
    return undefined;
  }

  return async ({ intent, orders }: Readonly<OrderResult>): Promise<void> => {
    const first = orders.find(({ leg, sent_at }) => FIRST_LEGS.includes(leg) && sent_at !== undefined);
    if (!isEntry(intent.kind) || !first || seen.has(intent.intent_id)) return;
    seen.add(intent.intent_id);
    if (seen.size > INTENTS_MAX) seen.delete(seen.keys().next().value as string);
    found(intent.intent_id, await missedBy(intent, first.created_at));
  };
}
