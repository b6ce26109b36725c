/** Which of an installation's sites is the one that trades: a generation that grows with every promotion. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "@hono/zod-openapi";
import { SITE_PROMOTED, SITE_REPLACED } from "../../shared/keys.ts";
import type { Blobs } from "../../shared/kit/ports.ts";
import type { Target } from "../backup/target.ts";

/** The site that an installation was made at. */
const FIRST = 1;

const Word = z.object({
  generation: z.int().min(FIRST),
  /** Epoch ms. */
  promoted_at: z.number(),
  /** The installation's. */
  tag: z.string(),
  /** Where it was promoted: the machine's name and the data folder. */
  site: z.string(),
  /** Of the backup that it began from. */
  backup_id: z.string(),
  /** By chance: tells two apart that were promoted at once, as the same generation. */
  promotion: z.string().optional(),
});
/** What a promotion leaves at the place of the backups, where the site before it will meet it. */
export type SiteWord = z.output<typeof Word>;

/** Who a site is, as its data folder keeps it; one that was never promoted is but a generation. */
const Site = Word.partial().extend({ generation: Word.shape.generation });
export type Site = z.output<typeof Site>;
export const FIRST_SITE: Site = { generation: FIRST };

/** The word's name among the notes of a target. */
const NOTE = "site";
export const SITE_FILE = "site.json";
const fileIn = (data: string): string => join(resolve(data), SITE_FILE);

/** Of the site that has this data folder. Throws an Error for a file that is damaged. */
export function siteOf(data: string): Site {
  const file = fileIn(data);
  return existsSync(file) ? readSite(readFileSync(file, "utf8"), file) : FIRST_SITE;
}

/** `where`: what to name when it is none. */
export function readSite(text: string, where: string): Site {
  try {
    return Site.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${where} is damaged: it should say which generation of the site this is.`, { cause });
  }
}

export const keepSite = (data: string, site: Site): void =>
  writeFileSync(fileIn(data), `${JSON.stringify(site)}\n`, { mode: 0o600, flush: true });

/** Of the site that has these blobs and this folder: where there is no folder, as in containers, blobs alone tell. */
export async function siteAt(folder: Site, blobs: Pick<Blobs, "get">): Promise<Site> {
  const body = await blobs.get(SITE_PROMOTED);
  const kept = body && readSite(Buffer.from(body).toString(), SITE_PROMOTED);
  return kept && kept.generation > folder.generation ? kept : folder;
}

/** Among the blobs; what was said there of another site that had taken over from one before does not hold of this one. */
export async function keepSiteIn(blobs: Pick<Blobs, "put" | "delete">, site: Site): Promise<void> {
  await blobs.put(SITE_PROMOTED, Buffer.from(JSON.stringify(site)));
  await blobs.delete(SITE_REPLACED);
}

/** What the newest promotion said there; undefined where there was none. */
export async function newestSite(target: Pick<Target, "note">): Promise<SiteWord | undefined> {
  const text = await target.note(NOTE);
  return text === undefined ? undefined : Word.parse(JSON.parse(text));
}

export const announceSite = (target: Pick<Target, "keepNote">, word: SiteWord): Promise<void> =>
  target.keepNote(NOTE, JSON.stringify(word));

/** Higher than any that was heard of: of the newest promotion, and of the site whose backup is put back. */
export const nextGeneration = (newest: Site | undefined, followed: Site): number =>
  Math.max(newest?.generation ?? FIRST, followed.generation) + 1;

/** The site that has taken over from this one, in words. */
export async function replacedBy(target: Pick<Target, "note">, own: Site): Promise<string | undefined> {
  const newest = await newestSite(target);
  if (!newest || !isReplaced(own, newest)) return undefined;
  const since = new Date(newest.promoted_at).toISOString();
  return `${newest.site} is generation ${newest.generation} since ${since}, this one is generation ${own.generation}.`;
}

/** Of two of one generation it is the one whose word is gone. */
const isReplaced = (own: Site, newest: SiteWord): boolean =>
  newest.generation > own.generation || (newest.generation === own.generation && newest.promotion !== own.promotion);

/** Leaves this site's word where none or an older one lies: another place, or one that was away when it was promoted. */
export async function sayWho(target: Pick<Target, "note" | "keepNote">, own: Site): Promise<void> {
  const word = Word.safeParse(own);
  if (!word.success) return;
  const newest = await newestSite(target);
  if ((newest?.generation ?? FIRST) < own.generation) await announceSite(target, word.data);
}
