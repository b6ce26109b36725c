/** The task by which a worker compares two revisions: made ready once, then given page after page, then asked. */
import { refuse } from "../errors.ts";
import type { Task } from "../kit/workers.ts";
import { type Compared, type ComparisonOptions, createComparison } from "../simulation/comparison.ts";
import type { SeenSignal } from "../simulation/weigher.ts";

/** `before`: how many signals it was given so far. */
export type ComparisonInput =
  | { readonly kind: "take"; readonly before: number; readonly page: readonly SeenSignal[] }
  | { readonly kind: "result"; readonly before: number };
/** `taken`: with these; `compared`, where it was asked for. */
export interface ComparisonOutput {
  readonly taken: number;
  readonly compared?: Compared;
}

/**
 * For crews of one thread, since it is the thread that remembers. Throws UNAVAILABLE where it does not remember what it
 * was given, because another thread has taken its place: to be begun anew. INVALID for a bundle that does not compile.
 */
export const comparisonTask: Task<ComparisonOptions, ComparisonInput, ComparisonOutput> = {
  name: "comparison",
  module: import.meta.url,
  async prepare(options) {
    const comparison = createComparison(options);
    return {
      async run(input, duty) {
        if (comparison.taken !== input.before) refuse("UNAVAILABLE", "What was compared so far is lost.");
        if (input.kind === "take") {
          comparison.take(input.page);
          return { taken: comparison.taken };
        }
        const work = comparison.resultInParts();
        for (;;) {
          const step = work.next();
          if (step.done) return { taken: comparison.taken, compared: step.value };
          if (duty.isAborted()) refuse("STOPPING", "The comparison was stopped.");
        }
      },
      async release() {},
    };
  },
};
