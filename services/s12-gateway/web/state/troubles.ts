/** What of the services' state everybody should see at once: no entries without the bus, shards that nobody holds. */
import type { ReplicaRow, ServiceRow } from "../api/shapes.ts";

export type Trouble =
  | { kind: "bus"; reason: string }
  | { kind: "down"; service: ServiceRow }
  | { kind: "shards"; service: ServiceRow };

/** Who takes entries. */
const ROUTER = "s04";
/** A hand-over leaves a shard free for a moment; where all replicas answer, only a second look makes it trouble. */
const CONFIRM_MS = 2_000;

export function troublesOf(services: readonly ServiceRow[]): Trouble[] {
  const router = services.find((service) => service.id === ROUTER);
  const reason = (router?.replicas ?? []).map(busReason).find((known) => known !== undefined);
  const bus: Trouble[] = reason === undefined ? [] : [{ kind: "bus", reason }];
  const down = services.filter((service) => service.status === "DOWN");
  const free = services.filter((service) => service.shards_free.length > 0 && service.status !== "DOWN");
  return [
    ...bus,
    ...down.map((service) => ({ kind: "down", service }) as const),
    ...free.map((service) => ({ kind: "shards", service }) as const),
  ];
}

/** Each shard tells its own check, `bus (shard 2)`; a service that is whole, `bus`. */
const busReason = ({ checks }: ReplicaRow): string | undefined =>
  checks.find(({ name, status }) => /^bus( \(shard \d+\))?$/.test(name) && status === "FAILED")?.error;

export const troubleId = (trouble: Trouble): string =>
  trouble.kind === "bus" ? "bus" : `${trouble.kind} ${trouble.service.id}`;

/** When each trouble was first seen, epoch ms. */
export type Seen = ReadonlyMap<string, number>;

/** `at`: when the services were last asked. What is over is forgotten. */
export const foldSeen = (before: Seen, troubles: readonly Trouble[], at: number): Seen =>
  new Map(troubles.map((trouble) => [troubleId(trouble), before.get(troubleId(trouble)) ?? at]));

/** At once, except what may be a hand-over or a restart. */
export function isTold(trouble: Trouble, since: number, at: number): boolean {
  if (at - since >= CONFIRM_MS || trouble.kind === "bus") return true;
  return trouble.kind === "shards" && trouble.service.replicas.some(({ status }) => status === "DOWN");
}
