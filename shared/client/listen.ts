/** Live events as a loop: `for await (const news of chimera.events({ topics })) …`, resumed by itself after a break. */
import type { Caller } from "./call.ts";
import { type LiveEvent, openLive, type Topic } from "./live.ts";
import { ApiProblem } from "./problem.ts";

/** `resync`: what was missed is no longer held; ask again for what you keep. */
export type News<T extends Topic = Topic> = LiveEvent<T> | { topic: "resync" };

export interface ListenOptions<T extends Topic> {
  topics?: readonly T[];
  instrument?: string;
  /** The `id` of the last event seen: first comes what was missed since. */
  after?: string;
  signal?: AbortSignal;
}
export type Listening = <T extends Topic = Topic>(
  options?: ListenOptions<T>,
) => AsyncGenerator<News<T>, void, undefined>;

/** Whoever is slower than the news hears no more until these are taken, and then what was missed. */
const WAITING_MAX = 5_000;

/** Ends with the loop or the signal; throws ApiProblem when nobody is signed in any more. */
export async function* listen<T extends Topic>(
  caller: Caller,
  { signal, ...wanted }: ListenOptions<T> = {},
): AsyncGenerator<News<T>, void, undefined> {
  const waiting: News<T>[] = [];
  let wake = (): void => {};
  let isSignedOut = false;
  let isPaused = false;
  const add = (news: readonly News<T>[]): void => {
    waiting.push(...news);
    if (waiting.length >= WAITING_MAX && !isPaused) {
      isPaused = true;
      live.pause();
    }
    wake();
  };
  const live = openLive(caller, {
    ...wanted,
    onEvents: (events) => add(events as LiveEvent<T>[]),
    onResync: () => add([{ topic: "resync" }]),
    onState({ phase }) {
      isSignedOut = phase === "signed-out";
      wake();
    },
  });
  const end = () => wake();
  signal?.addEventListener("abort", end);
  try {
    while (!signal?.aborted) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (isSignedOut) throw new ApiProblem(401, { code: "UNAUTHENTICATED", title: "Sign in first" });
      else if (isPaused) {
        isPaused = false;
        live.retryNow();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener("abort", end);
    live.close();
  }
}
