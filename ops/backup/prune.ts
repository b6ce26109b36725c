/** Which backups are kept, and what of a target nobody names any more. */
import { type Manifest, timeOfId } from "./manifest.ts";
import type { Target } from "./target.ts";

export interface Keep {
  /** Of those younger, all are kept; ms. */
  allMs: number;
  /** Of those younger, the last of each day (UTC) is kept; ms. */
  dailyMs: number;
}
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `48h,30d`: all of two days, then the last of each day for thirty. Throws an Error for what says nothing. */
export function readKeep(text: string): Keep {
  const found = /^(\d{1,4})h(?:,(\d{1,4})d)?$/.exec(text);
  if (!found) throw new Error(`What is kept is said by hours and days, as 48h,30d, not ${JSON.stringify(text)}.`);
  const [, hours, days = "0"] = found;
  return { allMs: Number(hours) * HOUR_MS, dailyMs: Number(days) * DAY_MS };
}

/** The ids that go; the newest stays whatever its age, and so does what is no id of ours. */
export function tooOld(ids: readonly string[], keep: Keep, now: number): string[] {
  const sorted = ids.filter((id) => !Number.isNaN(timeOfId(id))).toSorted();
  const lastOfDay = new Set(
    Map.groupBy(sorted, dayOf)
      .values()
      .map((day) => day.at(-1)),
  );
  return sorted.slice(0, -1).filter((id) => {
    const age = now - timeOfId(id);
    return age > keep.allMs && !(age <= keep.dailyMs && lastOfDay.has(id));
  });
}

const dayOf = (id: string): string => id.slice(0, 8);

export interface Pruned {
  removed: string[];
  kept: string[];
  pieces: number;
  bytes: number;
}

/**
 * Manifests first, pieces after: killed in between it leaves pieces that nobody names, which the next run collects, as
 * it does those of a backup that did not come to its end. Throws Damaged where a manifest that stays does not open: it
 * cannot be known then what it names.
 */
export function prune(target: Target, keep: Keep, now: number): Promise<Pruned> {
  return target.alone(`prune-${Math.floor(now)}`, async () => {
    const ids = await target.ids();
    const removed = tooOld(ids, keep, now);
    const kept = ids.filter((id) => !removed.includes(id));
    const named = new Set<string>();
    for (const id of kept) for (const name of namesIn(await target.manifest(id))) named.add(name);
    for (const id of removed) await target.remove(id);
    let [pieces, bytes] = [0, 0];
    for (const [name, size] of [...(await target.pieces())]) {
      if (named.has(name)) continue;
      await target.drop(name);
      pieces++;
      bytes += size;
    }
    return { removed, kept, pieces, bytes };
  });
}

export const namesIn = ({ stores, blobs, files }: Manifest): string[] =>
  [...stores, ...blobs, ...files].flatMap(({ pieces }) => pieces);
