/** Which of an installation's sites is the one that trades: a generation that grows with every promotion. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "@hono/zod-openapi";
import type { Target } from "../backup/target.ts";

const Word = z.object({
  generation: z.int().min(1),
  /** Epoch ms. */
  promoted_at: z.number(),
  /** The installation's. */
  tag: z.string(),
  /** Where it was promoted: the machine's name and the data folder. */
  site: z.string(),
  /** Of the backup that it began from. */
  backup_id: z.string(),
});
/** What a promotion leaves at the place of the backups, where the site before it will meet it. */
export type SiteWord = z.output<typeof Word>;

/** The word's name among the notes of a target. */
const NOTE = "site";
/** The site that an installation was made at. */
const FIRST = 1;
const fileIn = (data: string): string => join(resolve(data), "site.json");

/** Of the site that has this data folder. */
export function generationOf(data: string): number {
  const file = fileIn(data);
  if (!existsSync(file)) return FIRST;
  return z.object({ generation: z.int().min(FIRST) }).parse(JSON.parse(readFileSync(file, "utf8"))).generation;
}

export const keepGeneration = (data: string, generation: number): void =>
  writeFileSync(fileIn(data), `${JSON.stringify({ generation })}\n`, { mode: 0o600 });

/** What the newest promotion said there; undefined where there was none. */
export async function newestSite(target: Pick<Target, "note">): Promise<SiteWord | undefined> {
  const text = await target.note(NOTE);
  return text === undefined ? undefined : Word.parse(JSON.parse(text));
}

export const announceSite = (target: Pick<Target, "keepNote">, word: SiteWord): Promise<void> =>
  target.keepNote(NOTE, JSON.stringify(word));

export const nextGeneration = (newest: SiteWord | undefined): number => (newest?.generation ?? FIRST) + 1;

/** The site that has taken over from one of this generation, in words. */
export async function replacedBy(target: Pick<Target, "note">, generation: number): Promise<string | undefined> {
  const newest = await newestSite(target);
  if (!newest || newest.generation <= generation) return undefined;
  const since = new Date(newest.promoted_at).toISOString();
  return `${newest.site} is generation ${newest.generation} since ${since}, this one is generation ${generation}.`;
}
