/** Health of a replica: that of its instances together, with which shards it holds of how many. */
import { type CheckResult, type Health, healthOf } from "./health.ts";
import type { Keeper } from "./keeper.ts";
import type { Check, Service } from "./service.ts";
import type { World } from "./world.ts";

export interface ReplicaHealthParts {
  service: Service;
  count: number;
  world: World;
  keeper: Pick<Keeper, "instance" | "held" | "others" | "trouble" | "failing">;
  startedAt: number;
  isStopping(): boolean;
}

const WORST = ["OK", "DEGRADED", "ERROR"] as const;

/**
 * A standby, which holds nothing as others do, is ready: to answer by them, and to take over. One that was to take over
 * and could not is ready for nothing: whoever replaces replicas one by one must see it, and leave the others alone.
 */
export async function replicaHealth(parts: ReplicaHealthParts): Promise<Health> {
  const { service, count, world, keeper, startedAt } = parts;
  const held = keeper.held;
  const own = await healthOf(service, world, {
    startedAt,
    started: held.length > 0 || (keeper.others.length > 0 && keeper.failing.length === 0),
    stopping: parts.isStopping(),
    config: { rev: 0 },
    checks: [leases(keeper), covered(keeper, count)],
  });
  const instances = await Promise.all(held.map((shard) => instanceHealth(shard, parts)));
  const known = instances.flatMap((one) => one.health ?? []);
  const statuses = [own.status, ...known.map((health) => health.status)];
  return {
    ...own,
    status: WORST[Math.max(...statuses.map((status) => WORST.indexOf(status)))] as Health["status"],
    ready: own.ready && instances.every((one) => one.health?.ready === true),
    ...configOf(known),
    shards: held,
    shard_count: count,
    checks: [...own.checks, ...instances.flatMap((one) => one.checks)],
  };
}

type OfConfig = Pick<Health, "config_rev" | "config_canary_rev" | "config_promotion_id" | "config_refused">;
/** Each shard swaps for itself: a replica has what the last of its shards has. */
function configOf(known: readonly Health[]): OfConfig {
  const last = known.toSorted((a, b) => a.config_rev - b.config_rev)[0];
  const refused = known.find((health) => health.config_refused)?.config_refused;
  const [first] = known;
  const isOne = known.every(
    ({ config_canary_rev, config_promotion_id }) =>
      config_canary_rev === first?.config_canary_rev && config_promotion_id === first?.config_promotion_id,
  );
  const { config_canary_rev: canary, config_promotion_id: promotion } = (isOne && first) || {};
  return {
    config_rev: last?.config_rev ?? 0,
    ...(canary !== undefined && { config_canary_rev: canary }),
    ...(promotion !== undefined && { config_promotion_id: promotion }),
    ...(refused && { config_refused: refused }),
  };
}

interface OfInstance {
  health: Health | undefined;
  checks: CheckResult[];
}

async function instanceHealth(shard: number, { keeper, count }: ReplicaHealthParts): Promise<OfInstance> {
  const instance = keeper.instance(shard);
  const named = (check: CheckResult) => (count === 1 ? check : { ...check, name: `${check.name} (shard ${shard})` });
  const health = await instance?.ask((hosted) => hosted.health()).catch(() => undefined);
  return { health, checks: (health?.checks ?? []).map(named) };
}

const leases = (keeper: Pick<Keeper, "trouble">): Check => ({
  name: "leases",
  critical: false,
  run: () => keeper.trouble(),
});

/** Also told by who could take it: between two holders it is only a moment. */
const covered = (keeper: Pick<Keeper, "held" | "others">, count: number): Check => ({
  name: "shards",
  critical: false,
  run() {
    const taken = new Set([...keeper.held, ...keeper.others.flatMap((member) => member.shards)]);
    const free = Array.from({ length: count }, (_, shard) => shard).filter((shard) => !taken.has(shard));
    return free.length === 0 ? undefined : `nobody holds shard ${free.join(", ")}`;
  },
});
