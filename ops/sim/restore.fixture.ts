/** A backup of a simulated installation, and its loss: all that was durable is gone, and the backup is put back. */
import type { PortableStore, ServiceId, StoreRecord } from "../../shared/kit/ports.ts";
import { amended } from "../backup/after-restore.ts";
import { READ_ORDER } from "../backup/installed.ts";
import type { Simulation } from "./simulate.ts";

export interface Copies {
  as_of: number;
  stores: Map<ServiceId, StoreRecord[]>;
}

/** Every store, one after the other, in the order in which a backup reads them. `between`: what happens meanwhile. */
export async function copyAll({ world, clock }: Simulation, between?: () => Promise<void>): Promise<Copies> {
  const copies: Copies = { as_of: clock.now(), stores: new Map() };
  for (const owner of READ_ORDER) {
    const records: StoreRecord[] = [];
    for await (const record of portable(world, owner).dump()) records.push(record);
    copies.stores.set(owner, records);
    await between?.();
  }
  return copies;
}

/** Everything dies and is gone; `downMs` later the services start on what the copies hold. */
export async function loseAllAndRestore(sim: Simulation, copies: Copies, downMs: number): Promise<void> {
  const { world, clock } = sim;
  sim.kill([...copies.stores.keys()], downMs);
  world.lose();
  const restored = { id: "20260101T000000Z-test", as_of: copies.as_of, at: clock.now(), withGateway: true };
  for (const [owner, records] of copies.stores) {
    await portable(world, owner).load(amended(owner, coming(records), restored));
  }
}

/** The simulated world's stores are. */
const portable = ({ store }: Simulation["world"], owner: ServiceId) => store(owner) as PortableStore;

async function* coming(records: readonly StoreRecord[]): AsyncGenerator<StoreRecord> {
  yield* records;
}
