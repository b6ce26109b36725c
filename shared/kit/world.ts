/** Everything a host needs from outside to run services: the ports' adapters, the environment, who we are. */
import type { Logger } from "pino";
import type { Outside } from "./outside.ts";
import type {
  Blobs,
  Bus,
  Cache,
  Clock,
  Inference,
  Journal,
  Lock,
  Names,
  Net,
  ProgramRunner,
  Quota,
  Random,
  RateLimit,
  Schedule,
  ServiceId,
  Store,
} from "./ports.ts";
import type { Shard } from "./shard.ts";
import type { Spans } from "./spans.ts";
import type { Workers } from "./workers.ts";

/** A lease as its holder sees it, without asking: by its own clock. */
export interface HeldLease {
  readonly name: string;
  readonly fence: number;
  isHeld(): boolean;
}

export interface World {
  clock: Clock;
  random: Random;
  bus: Bus;
  /** Opened once per owner; the host closes none of them. */
  store(owner: ServiceId): Store;
  /** What an owner keeps while its store is away; a world without one keeps nothing then. */
  journal?(owner: ServiceId): Journal;
  blobs: Blobs;
  cache: Cache;
  lock: Lock;
  quota: Quota;
  rateLimit: RateLimit;
  schedule: Schedule;
  net: Net;
  /** Where services are named by what stands for several addresses; without it a name is one address. */
  names?: Names;
  outside: Outside;
  inference: Inference;
  programs: ProgramRunner;
  workers: Workers;
  env: Readonly<Record<string, string | undefined>>;
  log: Logger;
  /** Signs tokens between services; at least 32 bytes, the same in every process of an installation. */
  serviceKey: Uint8Array;
  account: string;
  mode: "paper" | "testnet" | "live";
  replica: string;
  /** The part of its service that an instance of this world answers for; all of it where none is named. */
  shard?: Shard;
  /** What it answers by, where others could too: sent with its calls, so that callees refuse one who has been passed. */
  lease?: HeldLease;
  build: { version: string; git_commit: string; built_at: string };
  /** True in tests: events and answers are frozen, so that nobody alters what others hold. */
  freeze?: boolean;
  /** Who collects what is done for which trace; nobody unless set. */
  spans?: Spans;
  /** Process metrics (CPU, memory, event-loop lag) in Prometheus text, appended to every service's own. */
  processMetrics?(): Promise<string>;
}
