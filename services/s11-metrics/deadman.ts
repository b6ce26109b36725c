/** Pings an address outside every minute while all is well here: when it hears nothing, somebody else calls people. */

import type { Outside } from "../../shared/kit/outside.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Context, Log, Peers } from "../../shared/kit/service.ts";
import { alerts, type HealthEvent } from "../../shared/streams.ts";

const TIMEOUT_MS = 10_000;
/** An alert that waits longer is heard by nobody. */
const UNHEARD_MS_MAX = 120_000;
const FAILURES_TOLD = 3;
const GROUP = "s11";

export interface DeadmanParts {
  url: string;
  method: "GET" | "POST";
  outside: Outside;
  allowed: readonly string[];
  clock: Clock;
  log: Log;
  streams: Peers["streams"];
  /** A level that was judged longer ago was judged by nobody. */
  judgedMsMax: number;
  /** What was judged last. */
  level(): Pick<HealthEvent, "level" | "ts">;
  alert: Context["alert"];
}

export function createDeadman(parts: DeadmanParts) {
  const { url, method, outside, allowed, clock, log, level, alert } = parts;
  let failures = 0;

  /** What is not as it should be; undefined: alerts are taken and the level is judged. */
  async function trouble(): Promise<string | undefined> {
    if (clock.now() - level().ts > parts.judgedMsMax) return "the level is not judged";
    const states = await parts.streams();
    const heard = states.find(({ stream, group }) => stream === alerts.family && group === GROUP);
    if (heard && heard.lag + heard.pending > 0 && heard.oldestMs > UNHEARD_MS_MAX) return "alerts are not taken";
    return undefined;
  }

  async function send(): Promise<void> {
    const about = { level: level().level, ts: Math.round(clock.now()) };
    const to = new URL(url);
    if (method === "GET") for (const [name, value] of Object.entries(about)) to.searchParams.set(name, String(value));
    const body = method === "POST" ? { body: JSON.stringify(about) } : {};
    const headers: Record<string, string> = method === "POST" ? { "content-type": "application/json" } : {};
    const { status } = await outside.send({
      ...{ method, url: to.href, headers, timeoutMs: TIMEOUT_MS, allowed },
      ...body,
    });
    if (status < 200 || status >= 300) throw new Error(`HTTP ${status}`);
  }

  return {
    /** To be called every minute. Silence is the message, so nothing is sent while something is wrong. */
    async ping(): Promise<void> {
      const why = await trouble();
      if (why !== undefined) return log.error("the outside watcher is not pinged", { why });
      try {
        await send();
        if (failures >= FAILURES_TOLD) alert("INFO", "DEADMAN_BACK", "The outside watcher is pinged again.");
        failures = 0;
      } catch (error) {
        failures++;
        log.warn("the outside watcher could not be pinged", { error: String(error) });
        if (failures === FAILURES_TOLD) alert("WARN", "DEADMAN_FAILING", "The outside watcher cannot be pinged.");
      }
    },
  };
}
