/** Judges a stopped installation's books against its venue's journal: the same invariants as in a simulation. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { createInvariants, type Verdict } from "../sim/invariants.ts";
import { fileJournal } from "../venue/journal.ts";
import { quietMarket } from "../venue/quiet.ts";
import { createVenue } from "../venue/venue.ts";
import { type DataFolder, storeFiles } from "./folder.ts";

/** The installation must not be running: a journal has one writer. */
export async function judgeFolder(folder: DataFolder): Promise<Verdict> {
  const clock = wallClock();
  const market = quietMarket(defaultListings(), clock);
  const journal = fileJournal(folder.journal);
  const venue = createVenue({ clock, random: seededRandom("judge"), market, journal, accounts: [] });
  const files = (owner: ServiceId) => storeFiles(folder, owner);
  const store = openReadOnly({ owner: "s06", collections: COLLECTIONS, files });
  await venue.start();
  try {
    return await createInvariants({ venue, clock, store: () => store }).judge();
  } finally {
    await venue.stop();
    await store.close();
  }
}
