/** Starts a running installation's processes again, one after the other, each when everything is as it was before. */
import type { Health } from "../../shared/kit/health.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { ProgramState } from "./supervise.ts";

export interface Replica {
  service: string;
  /** As the supervisor calls its process: `s04-router.2`. */
  name: string;
  replica: number;
}
export interface RollingParts {
  clock: Pick<Clock, "mono" | "sleep">;
  /** What the supervisor last said of a process. */
  stateOf(name: string): ProgramState | undefined;
  /** Asks a process to end in order; whoever supervises it starts it again, where it can be relieved before it ends. */
  end(pid: number, isRelievable: boolean): void;
  /** Undefined: it cannot be reached. */
  healthOf(replica: Replica): Promise<Health | undefined>;
  told(step: Restarted): void;
}
export interface Restarted extends Replica {
  /** From being asked to end until everything was held and ready again, ms. */
  ms: number;
  /** Of that, how long it was not there to answer. */
  away_ms: number;
}

const POLL_MS = 50;
/** A service that is started again reads its books and meets the exchange; on a busy machine that takes long. */
const READY_MS_MAX = 120_000;

/**
 * Restarts `replicas` in this order. Before each all of `all` must be ready and every shard held, so that one at a time is
 * away. Throws, with the rest left alone, where that does not come about.
 */
export async function restartEach(
  replicas: readonly Replica[],
  all: readonly Replica[],
  parts: RollingParts,
): Promise<Restarted[]> {
  const done: Restarted[] = [];
  await untilWhole(all, parts);
  for (const replica of replicas) {
    const { clock } = parts;
    const begun = clock.mono();
    const awayMs = await startAgain(replica, parts);
    await untilWhole(all, parts);
    const step = { ...replica, ms: Math.round(clock.mono() - begun), away_ms: Math.round(awayMs) };
    done.push(step);
    parts.told(step);
  }
  return done;
}

async function startAgain(replica: Replica, { clock, stateOf, end, healthOf }: RollingParts): Promise<number> {
  const { pid: before, relievable = false } = stateOf(replica.name) ?? {};
  if (before === undefined) throw new Error(`${replica.name} does not run; its log says why.`);
  end(before, relievable);
  const begun = clock.mono();
  await until(`${replica.name} is up again`, clock, async () => {
    const now = stateOf(replica.name);
    const isUp = now?.status === "up" && now.pid !== undefined && now.pid !== before;
    return isUp && (await healthOf(replica))?.ready === true ? undefined : (now?.lastEnd ?? "it is starting");
  });
  return clock.mono() - begun;
}

/** Every replica is ready, and of each service every shard is held by one of them. */
async function untilWhole(all: readonly Replica[], { clock, healthOf }: RollingParts): Promise<void> {
  await until("all is ready", clock, async () => {
    const seen = await Promise.all(all.map(async (replica) => ({ replica, health: await healthOf(replica) })));
    const unready = seen.filter(({ health }) => health?.ready !== true).map(({ replica }) => replica.name);
    if (unready.length > 0) return `not ready: ${unready.join(", ")}`;
    const free = [...Map.groupBy(seen, ({ replica }) => replica.service)].filter(([, replicas]) => {
      const held = new Set(replicas.flatMap(({ health }) => health?.shards ?? []));
      return held.size < (replicas[0]?.health?.shard_count ?? 0);
    });
    return free.length > 0 ? `not all shards are held of ${free.map(([service]) => service).join(", ")}` : undefined;
  });
}

/** `why`: what is still lacking; nothing: it has come about. */
async function until(what: string, clock: RollingParts["clock"], why: () => Promise<string | undefined>) {
  const deadline = clock.mono() + READY_MS_MAX;
  for (;;) {
    const lacking = await why();
    if (lacking === undefined) return;
    if (clock.mono() >= deadline) throw new Error(`Not within ${READY_MS_MAX / 1_000} s that ${what}: ${lacking}`);
    await clock.sleep(POLL_MS);
  }
}
