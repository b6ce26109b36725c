/** What the stores of an installation are to whoever runs it, carries it away or fills it, whatever kind they are. */
import type { ShardStore } from "../../shared/kit/instance.ts";
import type { Clock, ServiceId, Store, StoreRecord } from "../../shared/kit/ports.ts";
import type { DataFolder, Origin } from "./folder.ts";

export interface Stores {
  /** An owner's shard, for whoever holds its lease. */
  openShard(owner: ServiceId, shard: number, fence: number): ShardStore;
  /** Everybody's documents, for reading. */
  openReader(owner: ServiceId): Store;
  /** An owner's only store, where one process is all services; opened once. */
  open(owner: ServiceId): Store;
  /** All that an owner's shard holds as of one moment, also while its holder writes it; needs no lease. */
  dump(owner: ServiceId, shard?: number): AsyncIterable<StoreRecord>;
  /** Fills an owner's empty shard, of which nobody holds the lease; throws as `PortableStore.load`. */
  load(owner: ServiceId, records: AsyncIterable<StoreRecord>, shard?: number): Promise<void>;
  /** Forgets all that an owner's shard holds; nobody may have it open. */
  clear(owner: ServiceId, shard?: number): Promise<void>;
  /** What `open` opened. */
  close(): Promise<void>;
}

export interface StoresOptions {
  /** Its path, where it has one, remembers which stores are meant. */
  folder: Pick<DataFolder, "stores" | "shards"> & Partial<Pick<DataFolder, "path" | "origin">>;
  /** What the installation is, where the folder does not say it; a database of another is refused. */
  origin?: Origin;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** The environment alone says which stores are meant, whatever the data folder remembers. */
  asGiven?: boolean;
}
