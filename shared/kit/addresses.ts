/** Where a service's replicas are: a list of base addresses, of which the one that answered last is asked first. */
import { NetError } from "./ports.ts";

export interface Addresses {
  readonly all: readonly string[];
  /**
   * Asks the one that answered last, and the others in turn as long as none could be reached. One that was sent
   * something and did not answer is left for later calls to avoid: it may have done what was asked.
   */
  ask<T>(ask: (base: string) => Promise<T>): Promise<T>;
}

/** `text`: addresses with commas between them. */
export function createAddresses(text: string): Addresses {
  const all = text
    .split(",")
    .map((base) => base.trim().replace(/\/$/, ""))
    .filter((base) => base !== "");
  let at = 0;
  return {
    all,
    async ask(ask) {
      for (let tries = 1; ; tries++) {
        const asked = at;
        try {
          return await ask(all[asked] as string);
        } catch (error) {
          const failure = wayThere(error);
          if (failure === undefined) throw error;
          // Of many calls that failed there at once, the first moves on for all.
          if (at === asked) at = (asked + 1) % all.length;
          if (failure !== "refused" || tries >= all.length) throw error;
        }
      }
    },
  };
}

/** How the way there failed; undefined when the error is an answer. */
function wayThere(error: unknown): NetError["kind"] | undefined {
  if (error instanceof NetError) return error.kind;
  const { cause } = error as { cause?: unknown };
  return cause instanceof NetError ? cause.kind : undefined;
}
