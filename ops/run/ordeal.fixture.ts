/** Orders under way while something goes wrong, and everything that must hold of them afterwards. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import {
  entry,
  everyPositionKnown,
  nothingUnknown,
  openPositions,
  servicesReady,
  whatWasFilledIsSafe,
} from "./account.fixture.ts";
import { type Running, until } from "./process.fixture.ts";

const INSTRUMENTS = ["FUT:BTCUSDT", "FUT:ETHUSDT"];

export interface Ordeal {
  /** Names its intents: another each time. */
  id: string;
  /** The trouble; resolves when it is over. */
  happens(): Promise<void>;
  /** How long anything may take to come right again, ms. */
  waitMs?: number;
}

/**
 * From flat: two entries, the trouble while they are under way, and the same two entries again. Throws what does not
 * come right; answers when all services were ready again after the trouble's end, ms.
 */
export async function underTrouble(running: Running, { id, happens, waitMs }: Ordeal): Promise<number> {
  // Asked again and again: a position manager that has just come back may hear of a trade only seconds later.
  await until("flat", async () => {
    await running.post("/positions/flatten", { reason: "from flat", instruments: INSTRUMENTS });
    return (await openPositions(running)).length === 0;
  });
  const intents = await Promise.all(INSTRUMENTS.map((i, leg) => entry(running, `${id}-${leg}`, i)));
  const answers = intents.map((intent) => running.post("/orders", { intent }).catch(() => "cut off"));
  await happens();
  const over = performance.now();
  await Promise.all(answers);
  await until("all ready", () => servicesReady(running), waitMs);
  const readyMs = performance.now() - over;
  await until("every outcome known", () => nothingUnknown(running), waitMs);
  // Taken before the trouble, it gets its first answer; else it is taken now: once in any case.
  const taken = async () => {
    const again = await Promise.all(intents.map((intent) => running.post("/orders", { intent })));
    const refused = again.filter(({ status }) => status >= 300);
    if (refused.length === 0) return true;
    throw new Error(refused.map(({ body }) => JSON.stringify(body)).join("; "));
  };
  await until("both entries taken", taken, waitMs);
  const outcomes = () =>
    Promise.all(intents.map(({ intent_id }) => running.get<{ intent: IntentRecord }>(`/intents/${intent_id}`)));
  let ended: Awaited<ReturnType<typeof outcomes>> = [];
  const haveEnded = async () => {
    ended = await outcomes();
    return ended.every(({ intent }) => intent.state === "DONE");
  };
  await until("both ended", haveEnded, waitMs);
  const intentsEnded = ended.map(({ intent }) => intent);
  const safe = () => whatWasFilledIsSafe(running, intentsEnded);
  await until("what was filled is held and protected, or closed", safe, waitMs);
  await until("the position manager knows all of it", () => everyPositionKnown(running), waitMs);
  return readyMs;
}
