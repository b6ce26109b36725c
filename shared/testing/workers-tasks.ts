/** Tasks by which adapters of workers are tried. */
import { refuse } from "../errors.ts";
import type { Task } from "../kit/workers.ts";

export interface TrialWork {
  readonly what: "add" | "refuse" | "throw" | "spin" | "die" | "write";
  readonly value: number;
}
export interface TrialSum {
  readonly sum: number;
  /** How many runs this thread has made. */
  readonly runs: number;
  readonly shared: number;
}

export const adding: Task<{ readonly base: number; readonly memory: Int32Array }, TrialWork, TrialSum> = {
  name: "adding",
  module: import.meta.url,
  async prepare({ base, memory }) {
    if (base < 0) refuse("RULE", "It cannot be made ready.");
    let runs = 0;
    return {
      async run({ what, value }, duty) {
        runs++;
        duty.progress(0.5);
        if (what === "refuse") refuse("INVALID", "It is wrong.", { errors: [{ field: "value", message: "is odd" }] });
        if (what === "throw") throw new TypeError("It broke.");
        if (what === "die") process.exit(3);
        if (what === "write") Atomics.add(memory, 0, value);
        while (what === "spin" && !duty.isAborted());
        return { sum: base + value, runs, shared: Atomics.load(memory, 0) };
      },
      release: async () => {},
    };
  },
};
