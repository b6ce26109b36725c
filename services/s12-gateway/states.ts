/** How all services are, every replica asked side by side and remembered for a moment. */
import type { Clock, ServiceId } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import type { ReplicaState, ServiceState } from "./types.ts";

const REMEMBER_MS = 2_000;
/** More than a service's own checks may take; a process that is stopped accepts a request and never answers. */
const ANSWER_MS_MAX = 3_000;

/** What of a replica's `GET /health` is looked at. */
interface Health extends Pick<ReplicaState, "ready" | "config_rev" | "uptime_ms" | "checks"> {
  status: "OK" | "DEGRADED" | "ERROR";
  shards?: number[];
  shard_count?: number;
}
type Told = Omit<ReplicaState, "role"> & { shard_count: number | undefined };

export function createStates(peers: Peers, clock: Clock, self: ServiceId) {
  let kept: { at: number; items: Promise<ServiceState[]> } | undefined;

  async function healthOf(id: ServiceId, at: number): Promise<Health> {
    const principal: Principal = { kind: "service", id: self, role: "viewer" };
    let cancel = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.after(ANSWER_MS_MAX, () => reject(new Error(`no answer in ${ANSWER_MS_MAX} ms`)));
    });
    try {
      const asked = peers.fetch(id, new Request("http://peer/health"), principal, at);
      const response = await Promise.race([asked, late]);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as Health;
    } finally {
      cancel();
    }
  }

  async function askReplica(id: ServiceId, at: number): Promise<Told> {
    const replica = at + 1;
    try {
      const { status, ready, config_rev, uptime_ms, checks, shards = [], shard_count } = await healthOf(id, at);
      return { replica, status, ready, shards, config_rev, uptime_ms, checks, shard_count };
    } catch (error) {
      const check = { name: "answers", critical: true, status: "FAILED", error: String(error) };
      const nothing = { ready: false, shards: [], config_rev: 0, uptime_ms: 0, shard_count: undefined };
      return { replica, status: "DOWN", ...nothing, checks: [check] };
    }
  }

  async function ask(service: Peers["services"][number]): Promise<ServiceState> {
    const count = peers.replicas(service.id);
    const told = await Promise.all(Array.from({ length: count }, (_, at) => askReplica(service.id, at)));
    return { ...service, ...decideState(told) };
  }

  return function states(): Promise<ServiceState[]> {
    const now = clock.now();
    if (!kept || kept.at + REMEMBER_MS <= now) kept = { at: now, items: Promise.all(peers.services.map(ask)) };
    return kept.items;
  };
}

/** What the replicas' answers say of the service as a whole. */
export function decideState(told: readonly Told[]): Omit<ServiceState, keyof Peers["services"][number]> {
  const shard_count = told.find((each) => each.shard_count !== undefined)?.shard_count;
  const shards_free = notAmong(told, shard_count);
  const withoutReady = notAmong(
    told.filter((each) => each.ready),
    shard_count,
  );
  return {
    status: worstOf(told, shards_free.length > 0),
    ready: told.some((each) => each.ready) && withoutReady.length === 0,
    config_rev: Math.max(...told.map((each) => each.config_rev)),
    uptime_ms: Math.max(...told.map((each) => each.uptime_ms)),
    checks: told.flatMap((each) => (told.length === 1 ? each.checks : each.checks.map(namedAfter(each)))),
    ...(shard_count !== undefined && { shard_count }),
    shards_free,
    replicas: told.map(({ shard_count: count, ...each }) => {
      const role = roleOf({ ...each, shard_count: count }, told.length);
      return { ...each, ...(role && { role }) };
    }),
  };
}

const notAmong = (told: readonly Told[], count = 0): number[] => {
  const held = new Set(told.flatMap((each) => each.shards));
  return Array.from({ length: count }, (_, shard) => shard).filter((shard) => !held.has(shard));
};

/** A replica that is down is no failure of the service while others hold all of it. */
function worstOf(told: readonly Told[], isAnyFree: boolean): ServiceState["status"] {
  const statuses = told.map((each) => each.status);
  if (statuses.every((status) => status === "DOWN")) return "DOWN";
  if (isAnyFree || statuses.includes("ERROR")) return "ERROR";
  return statuses.every((status) => status === "OK") ? "OK" : "DEGRADED";
}

const namedAfter =
  ({ replica }: Told) =>
  (check: ReplicaState["checks"][number]): ReplicaState["checks"][number] => ({
    ...check,
    name: `replica ${replica}: ${check.name}`,
  });

/** Undefined of one that does not answer. */
function roleOf({ status, shards, shard_count }: Told, replicas: number): ReplicaState["role"] {
  if (status === "DOWN") return undefined;
  if (shard_count === undefined) return "alone";
  if (shards.length === 0) return "stands_by";
  if (shard_count > 1) return "shares";
  return replicas === 1 ? "alone" : "leads";
}
