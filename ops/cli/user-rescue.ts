/** `user rescue`: one admin let in again by whoever has the machine, while nothing runs. */
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { createRescue, type Rescued } from "../../services/s12-gateway/rescue.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { opsEvents } from "../../shared/streams.ts";
import { claim, openFolder, originOf, storeFile } from "../run/folder.ts";
import { aheadMs } from "../run/last-time.ts";

/**
 * Throws where the folder holds no installation, where one runs on it, and where there is no such admin. What the audit
 * log is told waits in the gateway's own store, and is told at the next start.
 */
export async function rescue(data: string, username?: string): Promise<Rescued> {
  const origin = originOf(data);
  if (!origin) throw new Error(`${resolve(data)} holds no installation. Name its folder with --data DIR.`);
  const folder = openFolder(data, origin);
  const release = mustBeDown(() => claim(folder));
  const clock = wallClock(1, undefined, aheadMs(folder.time, Date.now()));
  const store = openStore({ path: storeFile(folder, "s12"), owner: "s12", collections: COLLECTIONS, now: clock.now });
  try {
    const rescueAdmin = createRescue({
      store,
      random: systemRandom(),
      audit: (entry) => emit(opsEvents, { source: "s12", ts: clock.now(), ...entry }),
    });
    return await rescueAdmin(username, `uid ${userInfo().uid} at the machine`);
  } finally {
    await store.close();
    release();
  }
}

function mustBeDown<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${(error as Error).message} Stop it first: ./chimera down.`);
  }
}
