/** Takes alerts again that went to the dead letters: our own store failed for a while, and each of them is to be kept. */
import { parseJson } from "../../shared/kit/body.ts";
import type { Clock, Message } from "../../shared/kit/ports.ts";
import type { Log, Peers } from "../../shared/kit/service.ts";
import { Alert, alerts } from "../../shared/streams.ts";

const LETTERS_MAX = 1_000;
/** Dead letters stay longer than it is known which of them have been taken. */
const AGE_MS_MAX = 14 * 86_400_000;

export interface TakeAgainParts {
  clock: Pick<Clock, "now">;
  dead: Peers["dead"];
  /** A message that was taken before is passed over. */
  take(alert: Alert, message: Pick<Message, "stream" | "id">): Promise<void>;
  log: Log;
}

export function createTakeAgain({ clock, dead, take, log }: TakeAgainParts) {
  /** Taken, or no alert at all. */
  let settled = new Set<string>();

  /** False: not yet, and it keeps no other waiting. */
  async function settle({ id, stream, body }: { id: string; stream: string; body: string }): Promise<boolean> {
    const alert = alertIn(body);
    if (!alert) log.error("a dead letter is no alert", { message_id: id });
    try {
      if (alert && alert.ts > clock.now() - AGE_MS_MAX) await take(alert, { stream, id });
      return true;
    } catch (error) {
      log.warn("an alert could not be taken again", { message_id: id, error: String(error) });
      return false;
    }
  }

  return {
    /** To be called every minute. */
    async look(): Promise<void> {
      const letters = await dead(alerts, LETTERS_MAX);
      const still = new Set<string>();
      for (const letter of letters) if (settled.has(letter.id) || (await settle(letter))) still.add(letter.id);
      settled = still;
    },
  };
}

function alertIn(body: string): Alert | undefined {
  try {
    return Alert.safeParse(parseJson(body, "application/json")).data;
  } catch {
    return undefined;
  }
}
