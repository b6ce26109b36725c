/** Hosts many services in one process: calls between them are function calls, everything else is as between processes. */
import { type Contract, config as configContract } from "../contracts.ts";
import { assert } from "../errors.ts";
import { type Hosted, hostService } from "./host.ts";
import type { ServiceId } from "./ports.ts";
import { createReaching } from "./reaching.ts";
import type { Service } from "./service.ts";
import type { World } from "./world.ts";

export interface Constellation {
  readonly hosted: ReadonlyMap<ServiceId, Hosted>;
  start(): Promise<void>;
  /** Stops callers before those they call. */
  stop(): Promise<void>;
  flush(): Promise<void>;
}

/** `all` is every declared service; those in `here` run in this process, the rest are reached by URL. */
export async function constellation(
  all: readonly Service[],
  here: readonly ServiceId[],
  world: World,
): Promise<Constellation> {
  const hosted = new Map<ServiceId, Hosted>();
  const { reach, peers, tokens } = createReaching(all, (id) => hosted.get(id), world);
  for (const id of startOrder(all).filter((id) => here.includes(id))) {
    const service = all.find((s) => s.id === id) as Service;
    hosted.set(id, await hostService(service, world, { reach: reach(), peers: peers(id), tokens }));
  }
  return {
    hosted,
    async start() {
      for (const each of hosted.values()) await each.start();
    },
    async stop() {
      const failures: unknown[] = [];
      // One that cannot stop in order keeps nobody else from it.
      for (const each of [...hosted.values()].reverse()) await each.stop().catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
    async flush() {
      for (const each of hosted.values()) await each.flush();
    },
  };
}

/** Callees before callers; the config service, which all ask, first. Of two that call each other neither waits. */
export function startOrder(all: readonly Service[]): ServiceId[] {
  const order: ServiceId[] = [];
  const visiting = new Set<ServiceId>();
  const visit = (id: ServiceId): void => {
    const service = all.find((s) => s.id === id);
    if (!service || order.includes(id)) return;
    assert(!visiting.has(id), `services call each other in a circle at ${id}`);
    visiting.add(id);
    if (service.usesConfig) visit(configContract.id);
    for (const contract of Object.values(service.calls) as Contract[]) {
      if (!callsOf(all, contract.id).includes(id)) visit(contract.id);
    }
    order.push(id);
  };
  for (const service of all) visit(service.id);
  return order;
}

const callsOf = (all: readonly Service[], id: ServiceId): ServiceId[] =>
  (Object.values(all.find((s) => s.id === id)?.calls ?? {}) as Contract[]).map((contract) => contract.id);
