/** Who works the trials of experiments, as the environment says: threads of S9's own process, or workers elsewhere. */
import { z } from "@hono/zod-openapi";
import { describeEnv, type Env, readEnv } from "./process-settings.ts";

const settings = z.object({
  work: z
    .enum(["threads", "queue"])
    .default("threads")
    .describe("Trials of experiments: threads of S9's own process, or a queue for `./chimera worker` anywhere"),
  workWaitingMax: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(32)
    .describe("How many trials wait in the queue or are worked at once, unless S9's workers are counted"),
  workThreadsCount: z.coerce
    .number()
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe("Threads of one worker; 0: as many as there are processors"),
});
export type WorkSettings = z.output<typeof settings>;

/** Throws an Error that names every variable which is wrong. */
export const readWorkSettings = (env: Env): WorkSettings => readEnv(settings, env, "workers");
/** One row per setting, for the reference. */
export const describeWorkSettings = () => describeEnv(settings);
