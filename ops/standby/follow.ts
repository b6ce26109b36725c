/** Follows a site by its backups: each round brings what the newest one has and the mirror has not, every piece checked. */
import { timeOfId } from "../backup/manifest.ts";
import { type Keep, namesIn, prune } from "../backup/prune.ts";
import type { Target } from "../backup/target.ts";
import { Damaged } from "../backup/vault.ts";

export interface Round {
  /** The newest that is here whole. */
  backup_id: string;
  as_of: number;
  /** What this round brought; nothing where the newest was here already. */
  pieces: number;
  bytes: number;
}

/** The newest alone is needed; the one before it stays until it is here. */
const KEEP: Keep = { allMs: 0, dailyMs: 0 };

/** Throws Damaged for a piece that is not what its name says; what was here before stays then. */
export async function followOnce(from: Target, mirror: Target, now: () => number): Promise<Round> {
  const newest = idsOf(await from.ids()).at(-1);
  if (newest === undefined) throw new Error("There is no backup to follow yet.");
  const here = idsOf(await mirror.ids()).at(-1);
  if (here !== undefined && here > newest) {
    return { backup_id: here, as_of: (await mirror.manifest(here)).begun_at, pieces: 0, bytes: 0 };
  }
  const manifest = await (here === newest
    ? mirror.manifest(here).catch(() => from.manifest(newest))
    : from.manifest(newest));
  const held = await mirror.pieces();
  const missing = [...new Set(namesIn(manifest))].filter((name) => !held.has(name));
  let bytes = 0;
  for (const name of missing) {
    const kept = await mirror.keep(await from.piece(name));
    if (kept.name !== name) throw new Damaged(`The piece ${name} is another under the standby's key.`);
    bytes += kept.added;
  }
  if (here !== newest || missing.length > 0) {
    await mirror.write(manifest);
    await prune(mirror, KEEP, now());
  }
  return { backup_id: newest, as_of: manifest.begun_at, pieces: missing.length, bytes };
}

const idsOf = (ids: readonly string[]): string[] => ids.filter((id) => !Number.isNaN(timeOfId(id))).toSorted();
