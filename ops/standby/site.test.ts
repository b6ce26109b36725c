import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { SITE_REPLACED } from "../../shared/keys.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { Target } from "../backup/target.ts";
import { createVault } from "../backup/vault.ts";
import {
  announceSite,
  FIRST_SITE,
  keepSite,
  keepSiteIn,
  newestSite,
  nextGeneration,
  replacedBy,
  sayWho,
  siteAt,
  siteOf,
} from "./site.ts";

let root: string;
beforeEach(() => {
  root = newFolder();
});
afterEach(() => removeFolder(root));

const target = () =>
  new Target(new FolderBlobs(join(root, "backups")), createVault(Buffer.alloc(32, 1)), { now: () => 0 });
const word = (generation: number, site: string) => ({
  ...{ generation, site, promoted_at: 0, tag: "abcd", backup_id: "b", promotion: `of ${site}` },
});

test("of two standbys that were promoted at once, both as the same generation, the one whose word was lost is replaced", async () => {
  const [one, two] = [word(2, "one"), word(2, "two")];
  await announceSite(target(), one);
  await announceSite(target(), two);
  expect(await replacedBy(target(), two)).toBeUndefined();
  expect(await replacedBy(target(), one)).toContain("two is generation 2");
  expect(await replacedBy(target(), FIRST_SITE)).toContain("two is generation 2");
});

test("a site says who it is where a place of backups has not heard of it, so that those before it learn of it later", async () => {
  const promoted = word(3, "new");
  await sayWho(target(), FIRST_SITE);
  expect(await newestSite(target())).toBeUndefined();
  await announceSite(target(), word(2, "old"));
  await sayWho(target(), promoted);
  expect(await newestSite(target())).toEqual(promoted);
  expect(await replacedBy(target(), word(2, "old"))).toContain("new is generation 3");
  await sayWho(target(), word(2, "old"));
  expect(await newestSite(target())).toEqual(promoted);
});

test("where there is no data folder the blobs say which site it is, and the word for one before is gone", async () => {
  const blobs = new FolderBlobs(join(root, "blobs"));
  expect(await siteAt(FIRST_SITE, blobs)).toEqual(FIRST_SITE);
  await blobs.put(SITE_REPLACED, Buffer.from("another site"));
  await keepSiteIn(blobs, word(2, "here"));
  expect(await siteAt(FIRST_SITE, blobs)).toEqual(word(2, "here"));
  expect(await siteAt(word(3, "folder"), blobs)).toEqual(word(3, "folder"));
  expect(await blobs.get(SITE_REPLACED)).toBeUndefined();
});

test("a site is higher than the newest that was heard of, and than the one that its backup is of", () => {
  expect(nextGeneration(undefined, FIRST_SITE)).toBe(2);
  expect(nextGeneration(word(4, "a"), FIRST_SITE)).toBe(5);
  expect(nextGeneration(undefined, word(5, "a"))).toBe(6);
});

test("the data folder keeps it, and what an older version kept there still says which generation it is", () => {
  expect(siteOf(root)).toEqual(FIRST_SITE);
  keepSite(root, word(2, "here"));
  expect(siteOf(root)).toEqual(word(2, "here"));
  writeFileSync(join(root, "site.json"), '{"generation":3}');
  expect(siteOf(root)).toEqual({ generation: 3 });
  writeFileSync(join(root, "site.json"), '{"generation":0}');
  expect(() => siteOf(root)).toThrow("site.json is damaged");
});
