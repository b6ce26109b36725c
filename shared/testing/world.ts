/** The simulated world: virtual clock, seeded chance, everything in memory, the venue a function call away. */
import { embeddedCoordination } from "../adapters/coordination.ts";
import { EmbeddedBus } from "../adapters/embedded-bus.ts";
import { hereWorkers } from "../adapters/here-workers.ts";
import { MemoryBlobs } from "../adapters/memory-blobs.ts";
import { MemoryJournal } from "../adapters/memory-journal.ts";
import { onnxInference } from "../adapters/onnx.ts";
import { programRunner } from "../adapters/programs.ts";
import { seededRandom } from "../adapters/random.ts";
import { openStore, type SqliteStore } from "../adapters/sqlite.ts";
import type { VirtualClock } from "../adapters/virtual-clock.ts";
import { COLLECTIONS } from "../collections.ts";
import { rootLog } from "../kit/log.ts";
import type { Outside } from "../kit/outside.ts";
import type { Net, ServiceId } from "../kit/ports.ts";
import type { Spans } from "../kit/spans.ts";
import type { World } from "../kit/world.ts";
import { grantKeysForTests } from "./grant-keys.ts";
import { memoryOutside } from "./outside.ts";

export interface SimOptions {
  clock: VirtualClock;
  net: Net;
  /** Servers that are not ours; all of them take everything unless given. */
  outside?: Outside;
  seed: number | string;
  env?: Record<string, string | undefined>;
  /** Lines of WARN and above go here. */
  onLog?(line: string): void;
  freeze?: boolean;
  spans?: Spans;
}

export interface SimWorld extends World {
  bus: EmbeddedBus;
  errors: string[];
  /** All that was durable is gone: stores, streams, caches, leases. Whoever lives on has what is gone at hand. */
  lose(): void;
}

/** Real time, which must decide nothing here but about programs without an end. */
const PROGRAM_MS_MAX = 5_000;
/** What a run beside this thread takes, of virtual time: so that others run meanwhile, and end in any order. */
const TASK_MS_MAX = 400;
const CORES = 2;

/** The same options give the same world, to the last bit. */
export function simulatedWorld(options: SimOptions): SimWorld {
  const { clock, net, outside = memoryOutside(clock), seed, env = {}, onLog, freeze = false } = options;
  const errors: string[] = [];
  const { privateKey, publicKey } = grantKeysForTests();
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
  const journals = new Map<ServiceId, MemoryJournal>();
  const journal = (owner: ServiceId): MemoryJournal => {
    const kept = journals.get(owner) ?? new MemoryJournal();
    journals.set(owner, kept);
    return kept;
  };
  const onError = (error: unknown) =>
    errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const onDead = (dead: unknown) => errors.push(`dead letter: ${JSON.stringify(dead)}`);
  const between = () => ({
    bus: new EmbeddedBus({ path: ":memory:", clock, freeze, onError, onDead }),
    ...embeddedCoordination({ clock, path: ":memory:" }),
  });
  const random = seededRandom(seed);
  const inference = onnxInference(clock);
  const programs = programRunner(PROGRAM_MS_MAX);
  const pace = random.fork("workers");
  return {
    clock,
    random,
    store,
    journal,
    blobs: new MemoryBlobs(clock),
    ...between(),
    net,
    outside,
    inference,
    programs,
    workers: hereWorkers({ clock, inference, programs, cores: CORES, taskMs: () => 1 + pace.int(TASK_MS_MAX) }),
    env: {
      CHIMERA_S01_RECORD_FRAMES: "false",
      CHIMERA_S11_SCRAPE_MS: "3600000",
      CHIMERA_S11_CHANNEL_KEY: "a key of the simulated world",
      CHIMERA_INSTALLATION_TAG: "simu",
      CHIMERA_S12_GRANT_KEY: privateKey,
      CHIMERA_S01_GRANT_PUBLIC_KEY: publicKey,
      ...env,
    },
    log: rootLog(clock, onLog ?? (() => {}), onLog ? "warn" : "silent"),
    serviceKey: new Uint8Array(32).fill(7),
    account: "main",
    mode: "paper",
    replica: "sim",
    build: { version: "0", git_commit: "simulated", built_at: "simulated" },
    freeze,
    ...(options.spans && { spans: options.spans }),
    errors,
    lose() {
      stores.clear();
      journals.clear();
      Object.assign(this, between());
    },
  };
}
