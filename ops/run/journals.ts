/** Where the order router writes what cannot wait while its store is away: a file of each holder in the data folder. */
import { join } from "node:path";
import { FileJournal } from "../../shared/adapters/file-journal.ts";
import type { Journal, ServiceId } from "../../shared/kit/ports.ts";
import type { DataFolder } from "./folder.ts";

interface Journals {
  /** Of one holder of a shard; it reads those of the holders before it too. */
  openShard(owner: ServiceId, shard: number, fence: number): Journal;
  /** Of an owner's only store, where one process is all services. */
  open(owner: ServiceId): Journal;
}

/** In the data folder. */
export const JOURNALS_FOLDER = "aside";

export function openJournals({ path }: Pick<DataFolder, "path">): Journals {
  const dir = join(path, JOURNALS_FOLDER);
  const opened = new Map<ServiceId, Journal>();
  const openShard: Journals["openShard"] = (owner, shard, fence) =>
    new FileJournal({ dir, name: `${owner}-${shard}`, fence });
  return {
    openShard,
    open(owner) {
      const journal = opened.get(owner) ?? openShard(owner, 0, 0);
      opened.set(owner, journal);
      return journal;
    },
  };
}
