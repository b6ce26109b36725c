import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { bunWorkers } from "../../shared/adapters/bun-workers.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { queueWorkers } from "../../shared/adapters/queue-workers.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { redisCoordination } from "../../shared/adapters/redis/coordination.ts";
import { checkDesign } from "../../shared/experiment/check-design.ts";
import { runExperiment } from "../../shared/experiment-run/run-experiment.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import { designOver, dips, groundOver, market } from "../../shared/experiment-run/walks.fixture.ts";
import type { Workers } from "../../shared/kit/workers.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { hasRedis, RedisServer } from "../../shared/testing/redis-server.ts";
import { seededChance } from "../../shared/trading/stats/seeded-chance.ts";
import { ROOT } from "../build.ts";

const SECONDS = 60;
const tape = market(seededChance("threads"), SECONDS);
const params = [{ path: "strategies.dip.long.v", values: [35, 40, 45] }];
const folder = newFolder();
afterAll(() => removeFolder(folder));

async function over(workers: Workers) {
  const checked = checkDesign(designOver(SECONDS, { bundle: dips, method: "GRID", params }));
  const crew = workers.open(trialTask, groundOver(checked, tape), 3);
  const { signal } = new AbortController();
  try {
    return await runExperiment(checked, {
      ...{ exp_id: "exp", clock: { now: () => 0, mono: () => 0 }, workers: 3, signal, resamples: 20 },
      runTrial: (request, stop) => crew.run(request, { signal: stop }),
    });
  } finally {
    await crew.close();
  }
}

describe.skipIf(!hasRedis)("./chimera worker", () => {
  test("works trials that wait in Redis as threads here do, ends when there are none, and leaves nothing", async () => {
    const server = await RedisServer.start();
    const clock = wallClock();
    const { schedule, close } = redisCoordination({ redis: { url: server.url }, clock });
    const blobs = new FolderBlobs(join(folder, "blobs"));
    const command = [process.execPath, "ops/cli/main.ts", "worker", "--idle", "3", "--data", folder];
    const env = { ...process.env, CHIMERA_REDIS_URL: server.url, CHIMERA_WORK_THREADS_COUNT: "1" };
    try {
      const workers = [1, 2].map(() => Bun.spawn(command, { cwd: ROOT, env, stdout: "ignore", stderr: "inherit" }));
      const away = await over(queueWorkers({ schedule, blobs, clock, random: systemRandom(), cores: 4 }));
      expect(away).toEqual(await over(bunWorkers()));
      expect(away.summary.trades).toBeGreaterThan(2);
      expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0]);
      expect((await blobs.list("work/", { limit: 10 })).items).toEqual([]);
      expect(await schedule.claim("work", clock.now() + 3_600_000, { limit: 10, leaseMs: 1 })).toEqual([]);
    } finally {
      close();
      await server.stop();
    }
  }, 300_000);
});

test("./chimera worker fails where nobody answers for the queue: what waits there is not done", async () => {
  const child = Bun.spawn([process.execPath, "ops/cli/main.ts", "worker", "--idle", "1", "--data", folder], {
    ...{ cwd: ROOT, env: { ...process.env, CHIMERA_REDIS_URL: "redis://127.0.0.1:1" }, stderr: "pipe" },
  });
  expect(await new Response(child.stderr).text()).toContain("The queue did not answer in all that time");
  expect(await child.exited).toBe(1);
}, 300_000);
