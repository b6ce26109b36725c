/** Servers outside in the simulated world: what was sent is kept, and each answers as the test says. */

import {
  type Outside,
  type OutsideAnswer,
  OutsideError,
  type OutsideMail,
  type OutsideMailAnswer,
  type OutsideRequest,
} from "../kit/outside.ts";
import type { Clock } from "../kit/ports.ts";

export type Sent = OutsideRequest | OutsideMail;
/** How a server behaves: a status, or one that never answers, or one that cannot be reached. */
export type Behaviour = number | "never" | "away";

export interface MemoryOutside extends Outside {
  readonly sent: Sent[];
  /** How it is with the host from now on; 200 unless told. */
  set(host: string, behaviour: Behaviour): void;
}

const hostOf = (sent: Sent): string => ("url" in sent ? new URL(sent.url).hostname : sent.host);

export function memoryOutside(clock: Clock, takesMs = 20): MemoryOutside {
  const behaviours = new Map<string, Behaviour>();
  const sent: Sent[] = [];
  async function reach(what: Sent): Promise<number> {
    sent.push(what);
    const behaviour = behaviours.get(hostOf(what)) ?? 200;
    await clock.sleep(behaviour === "never" ? what.timeoutMs : takesMs);
    if (behaviour === "never") throw new OutsideError("failed", `no answer in ${what.timeoutMs} ms`);
    if (behaviour === "away") throw new OutsideError("failed", "ECONNREFUSED");
    return behaviour;
  }
  return {
    sent,
    set: (host, behaviour) => void behaviours.set(host, behaviour),
    send: async (request): Promise<OutsideAnswer> => ({ status: await reach(request), body: "" }),
    async mail(mail): Promise<OutsideMailAnswer> {
      const status = await reach(mail);
      if (status >= 300) throw new OutsideError("failed", String(status));
      return { answer: "250 taken", refused: [] };
    },
  };
}
