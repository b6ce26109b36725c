/** `worker`: works trials of experiments that S9 has queued, on this machine's processors, until there are none. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { type AnyTask, QueueWorker } from "../../shared/adapters/queue-worker.ts";
import { redisCoordination } from "../../shared/adapters/redis/coordination.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import { openBlobs } from "../run/blobs.ts";
import { readProcessSettings } from "../run/process-settings.ts";
import { redisAt } from "../run/redis-world.ts";
import { untilAsked } from "../run/signals.ts";
import { readWorkSettings } from "../run/work-settings.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { note } from "./terminal.ts";

const usage = `Usage: ./chimera worker [--idle SECONDS] [--data DIR]

Works trials of experiments that S9 has queued (CHIMERA_WORK=queue), on this machine's processors, until there were none
for a while or it is asked to stop; what it is at then goes to another worker. As many as you like, on any machines: the
queue is in Redis (CHIMERA_REDIS_URL), market and results are in the blobs (CHIMERA_BLOBS=s3, or the folder of the same
machine).

  --idle SECONDS  ends when there was nothing to do for so long (default 60)
  --data DIR      whose blobs, where they are folders (default ${DEFAULT_DATA})

CHIMERA_WORK_THREADS_COUNT says how many threads, unless as many as there are processors.`;

const SECONDS_MAX = 86_400;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    idle: { type: "string", default: "60" },
    data: { type: "string", default: DEFAULT_DATA },
  });
  const idle = Number(values.idle);
  if (!(idle >= 1 && idle <= SECONDS_MAX)) throw new Error(`--idle is a number of seconds from 1 to ${SECONDS_MAX}.`);
  const { env } = process;
  const onError = (error: unknown) => note(String(error));
  const clock = wallClock(1, onError);
  const coordination = redisCoordination({ redis: redisAt(readProcessSettings(env)), clock, onError });
  const path = env.CHIMERA_BLOBS === "s3" ? join(tmpdir(), "chimera") : (env.CHIMERA_DATA ?? values.data);
  const workers = bunWorkers();
  const { workThreadsCount } = readWorkSettings(env);
  const worker = new QueueWorker({
    ...{ schedule: coordination.schedule, clock, workers, tasks: [trialTask as AnyTask], onError },
    blobs: openBlobs({ folder: { path, blobs: join(path, "blobs") }, env, clock }),
    size: workThreadsCount === 0 ? workers.cores : workThreadsCount,
  });
  void untilAsked().then(() => worker.stop());
  await worker.run(idle * 1_000);
  coordination.close();
  return 0;
}

export const command: Command = { usage, run };
