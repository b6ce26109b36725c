/** The simulated world: virtual clock, seeded chance, everything in memory, the venue a function call away. */
import { embeddedCoordination } from "../../shared/adapters/coordination.ts";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import type { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { rootLog } from "../../shared/kit/log.ts";
import type { Net, ServiceId } from "../../shared/kit/ports.ts";
import type { World } from "../../shared/kit/world.ts";
import { buildInfo } from "../build.ts";

export interface SimOptions {
  clock: VirtualClock;
  net: Net;
  seed: number | string;
  env?: Record<string, string | undefined>;
  /** Lines of WARN and above go here. */
  onLog?(line: string): void;
  freeze?: boolean;
}

export interface SimWorld extends World {
  bus: EmbeddedBus;
  errors: string[];
}

/** The same options give the same world, to the last bit. */
export function simulatedWorld({ clock, net, seed, env = {}, onLog, freeze = false }: SimOptions): SimWorld {
  const errors: string[] = [];
  const stores = new Map<ServiceId, SqliteStore>();
  const store = (owner: ServiceId): SqliteStore => {
    const kept = stores.get(owner);
    if (kept) return kept;
    const opened = openStore({
      path: ":memory:",
      owner,
      collections: COLLECTIONS,
      others: (other) => store(other),
      now: () => clock.now(),
    });
    stores.set(owner, opened);
    return opened;
  };
  const onError = (error: unknown) =>
    errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const bus = new EmbeddedBus({
    path: ":memory:",
    clock,
    freeze,
    onError,
    onDead: (dead) => errors.push(`dead letter: ${JSON.stringify(dead)}`),
  });
  return {
    clock,
    random: seededRandom(seed),
    bus,
    store,
    blobs: new MemoryBlobs(clock),
    ...embeddedCoordination({ clock, path: ":memory:" }),
    net,
    env: {
      CHIMERA_S01_RECORD_FRAMES: "false",
      CHIMERA_S11_SCRAPE_MS: "3600000",
      CHIMERA_INSTALLATION_TAG: "simu",
      ...env,
    },
    log: rootLog(clock, onLog ?? (() => {}), onLog ? "warn" : "silent"),
    serviceKey: new Uint8Array(32).fill(7),
    account: "main",
    mode: "paper",
    replica: "sim",
    build: buildInfo({ CHIMERA_GIT_COMMIT: "simulated", CHIMERA_BUILT_AT: "simulated" }),
    freeze,
    errors,
  };
}
