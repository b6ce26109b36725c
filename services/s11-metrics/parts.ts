/** S11 is made of parts that know little of each other: each shows verbs, streams and jobs of its own. */
import type { Consumer, Context, Faces } from "../../shared/kit/service.ts";
import type { Settings } from "./settings.ts";

export type Ports = Context<Settings>;
export type Part = Pick<Faces, "verbs" | "consumes" | "jobs" | "checks" | "start" | "stop" | "onNewsLost">;

/** Starts in the order given, one after the other; what several hear is heard in that order too. */
export function together(parts: readonly Part[]): Part {
  const each = async (run: (part: Part) => Promise<void> | undefined) => {
    for (const part of parts) await run(part);
  };
  return {
    verbs: parts.flatMap((part) => part.verbs ?? []),
    consumes: merged(parts.flatMap((part) => part.consumes ?? [])),
    jobs: parts.flatMap((part) => part.jobs ?? []),
    checks: parts.flatMap((part) => part.checks ?? []),
    start: () => each((part) => part.start?.()),
    stop: () => each((part) => part.stop?.()),
    onNewsLost: () => each((part) => part.onNewsLost?.()),
  };
}

/** A service hears a stream once: where one part throws, all of them have the message again. */
function merged(consumers: readonly Consumer[]): Consumer[] {
  const byStream = Map.groupBy(consumers, ({ stream }) => stream.family);
  return [...byStream.values()].map((some) => {
    const [first, ...others] = some as [Consumer, ...Consumer[]];
    if (others.length === 0) return first;
    return {
      ...first,
      async handle(message) {
        for (const { handle } of some) await handle(message);
      },
    };
  });
}
