/** Makes sure that nothing runs on an installation's data, here or, as its Redis tells, elsewhere. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { redisCoordination } from "../../shared/adapters/redis/coordination.ts";
import { replicasGroup } from "../../shared/kit/replicas.ts";
import { type DataFolder, runningPid } from "../run/folder.ts";
import { leftRunning } from "../run/left-running.ts";
import { loadServices } from "../services.ts";

/** Throws an Error that says what runs, and where. */
export async function mustStandStill(
  folder: Pick<DataFolder, "path" | "pid">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const pid = runningPid(folder.pid);
  const stop = `Stop it first: ./chimera down --data ${folder.path}`;
  if (pid !== undefined && pid !== process.pid) throw new Error(`It runs on ${folder.path} (process ${pid}). ${stop}`);
  const left = leftRunning(folder.path);
  if (left.length > 0) {
    throw new Error(
      `Of ${folder.path} these processes still run: ${left.join(", ")}. End them, or start it and ${stop}`,
    );
  }
  if (env.CHIMERA_REDIS_URL !== undefined) await mustBeNobodyIn(env.CHIMERA_REDIS_URL);
}

async function mustBeNobodyIn(url: string): Promise<void> {
  let trouble: unknown;
  const onError = (error: unknown) => {
    trouble = error;
  };
  const coordination = redisCoordination({ redis: { url }, clock: wallClock(), onError });
  try {
    const groups = (await loadServices()).map(({ id }) => coordination.directory.members(replicasGroup(id)));
    const there = (await Promise.all(groups)).flat().map(({ member }) => member);
    if (there.length === 0) return;
    throw new Error(`By CHIMERA_REDIS_URL these run: ${there.join(", ")}. Stop them first; it takes a lease's time.`);
  } catch (error) {
    if (trouble === undefined) throw error;
    throw new Error(`Redis at CHIMERA_REDIS_URL does not say whether anything runs: ${String(trouble)}`, {
      cause: error,
    });
  } finally {
    await coordination.close();
  }
}
