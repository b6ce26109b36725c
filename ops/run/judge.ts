/** Judges an installation's books against its venue's journal: the same invariants as in a simulation. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createInvariants, type Verdict } from "../sim/invariants.ts";
import { fileJournal } from "../venue/journal.ts";
import { quietMarket } from "../venue/quiet.ts";
import { createVenue } from "../venue/venue.ts";
import type { DataFolder } from "./folder.ts";
import type { Env } from "./process-settings.ts";
import { openStores } from "./stores.ts";

/** The installation must not be running: a journal has one writer. `env` says where its stores are. */
export async function judgeFolder(folder: DataFolder, env: Env = {}): Promise<Verdict> {
  const clock = wallClock();
  const market = quietMarket(defaultListings(), clock);
  const journal = fileJournal(folder.journal);
  const venue = createVenue({ clock, random: seededRandom("judge"), market, journal, accounts: [] });
  const store = openStores({ folder, env, clock }).openReader("s06");
  await venue.start();
  try {
    return await createInvariants({ venue, clock, store: () => store }).judge();
  } finally {
    await venue.stop();
    await store.close();
  }
}

/** Of one that runs and has come to rest: by a copy of the journal, which goes on. */
export async function judgeRunning(folder: DataFolder): Promise<Verdict> {
  const copy = mkdtempSync(join(tmpdir(), "chimera-journal-"));
  try {
    cpSync(dirname(folder.journal), copy, { recursive: true });
    return await judgeFolder({ ...folder, journal: join(copy, basename(folder.journal)) });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
