/** Idempotency keys: the first answer is kept, a repeat gets it, another body under the same key is refused. */
import { put } from "../changes.ts";
import { firstAnswers } from "../collections/first-answers.ts";
import { refuse } from "../errors.ts";
import { digest } from "../keys.ts";
import type { Clock, ServiceId, Store } from "./ports.ts";

const KEY_CHARACTERS_MAX = 255;

export interface Answer {
  status: number;
  answer: unknown;
  replayed: boolean;
}

/** Runs `work` once per (who, verb, key); answers of 5xx are not kept, so that they can be tried again. */
export function createOnce(id: ServiceId, store: Store, clock: Clock) {
  const running = new Set<string>();
  const collection = firstAnswers[id];

  return async function once(
    request: { who: string; verb: string; key: string | undefined; body: string },
    work: () => Promise<{ status: number; answer: unknown }>,
  ): Promise<Answer> {
    const { who, verb, key, body } = request;
    if (!key) refuse("INVALID", "Send an Idempotency-Key header: a new one per intention, the same one for a retry.");
    if (key.length > KEY_CHARACTERS_MAX) refuse("INVALID", `Idempotency-Key: at most ${KEY_CHARACTERS_MAX} characters`);
    const slot = digest(who, verb, key);
    const hash = digest(body);
    // Taken before the first wait, so that of two at once only one goes on.
    if (running.has(slot)) refuse("STILL_RUNNING", "The first request with this Idempotency-Key is still running.");
    running.add(slot);
    try {
      const first = await store.get(collection, slot);
      if (first) {
        if (first.value.body_hash !== hash) refuse("KEY_REUSED", "This Idempotency-Key was used with another body.");
        return { status: first.value.status, answer: first.value.answer, replayed: true };
      }
      const { status, answer } = await work();
      if (status < 500) {
        const value = { id: slot, body_hash: hash, status, answer, ts: clock.now() };
        await store.commit([put(collection, value)], { sync: "full" });
      }
      return { status, answer, replayed: false };
    } finally {
      running.delete(slot);
    }
  };
}
export type Once = ReturnType<typeof createOnce>;
