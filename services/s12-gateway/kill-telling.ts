/** Telling the router and the exchange connectors about the kill switch, and the position manager to get flat. */
import type { KillState } from "../../shared/collections/kill.ts";
import type { exchange, position, router } from "../../shared/contracts.ts";
import type { Client, Log } from "../../shared/kit/service.ts";

const TELL_TIMEOUT_MS = 3_000;

export interface KillCalls {
  exchange: Client<typeof exchange>;
  router: Client<typeof router>;
  position: Client<typeof position>;
}

export function createTelling(calls: KillCalls, log: Log) {
  /** The newest epoch each of the two has stored. */
  const stored = { s01: -1, s04: -1 };

  async function told(
    id: "s01" | "s04",
    state: KillState,
    ask: () => Promise<{ epoch: number; outstanding: string[] }>,
  ): Promise<string[]> {
    try {
      const answer = await ask();
      stored[id] = answer.epoch;
      return state.enabled ? answer.outstanding : [];
    } catch (error) {
      log.error("kill switch not stored", { callee: id, error: String(error) });
      return [`${id} has not stored epoch ${state.epoch}`];
    }
  }

  return {
    /** Tells both at once; answers what is outstanding. */
    async tell(state: KillState): Promise<string[]> {
      const { enabled, mode, epoch, reason, actor } = state;
      const order = { enabled, mode, epoch, reason, actor };
      const options = { timeoutMs: TELL_TIMEOUT_MS };
      const lists = await Promise.all([
        told("s04", state, () => calls.router.setKill(order, options)),
        told("s01", state, () => calls.exchange.setKill(order, options)),
      ]);
      return lists.flat();
    },
    isStored: (epoch: number): boolean => stored.s01 === epoch && stored.s04 === epoch,
  };
}

/** Starts to close every position; answers what is being closed. */
export async function flatten(s06: KillCalls["position"], reason: string, log: Log): Promise<string[]> {
  try {
    const { closing } = await s06.flatten({ reason });
    return closing.map((trade) => `closing ${trade}`);
  } catch (error) {
    log.error("flatten not started", { error: String(error) });
    return ["s06 has not started to flatten"];
  }
}
