/** Puts alerts on their stream, again and again where that fails: trouble with the bus is what they often tell of. */
import type { Alert } from "../streams.ts";
import { waitAfter } from "../trying-again.ts";
import type { Clock } from "./ports.ts";
import type { Log } from "./service.ts";

const WAITS = { retryMs: 1_000, retryMsMax: 60_000 };
/** About an hour. */
const TRIES_MAX = 65;
/** That wait at the same time; more of them say nothing new. */
const WAITING_MAX = 500;

export interface AlertingParts {
  clock: Pick<Clock, "after">;
  log: Pick<Log, "error">;
  publish(alert: Alert): Promise<unknown>;
}

/** Never throws. An alert that came to nothing in the end is in the log, as every alert is. */
export function createAlerting({ clock, log, publish }: AlertingParts): (alert: Alert) => void {
  let waiting = 0;

  async function send(alert: Alert, tries: number): Promise<void> {
    try {
      await publish(alert);
      if (tries > 1) waiting--;
    } catch (error) {
      const isOver = tries === 1 ? waiting >= WAITING_MAX : tries >= TRIES_MAX;
      if (tries === 1 && !isOver) waiting++;
      if (tries > 1 && isOver) waiting--;
      const { code } = alert;
      if (tries === 1 || isOver)
        log.error("alert not published", { code, tries, error: String(error), given_up: isOver });
      if (!isOver) clock.after(waitAfter(tries, WAITS), () => send(alert, tries + 1));
    }
  }
  return (alert) => void send(alert, 1);
}
