import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../build.ts";

const NAME = /CHIMERA_[A-Z0-9_]*[A-Z0-9]/g;
const SERVICE = /^CHIMERA_S\d\d_/;
/** Names that stand for many: of any setting, of any service's address. */
const EXAMPLES = new Set(["CHIMERA_X", "CHIMERA_S04_X", "CHIMERA_URL", "CHIMERA_MAKER_WAIT_MS"]);

const isTest = (path: string): boolean =>
  /\.(test|fixture|bench|crash)\.tsx?$/.test(path) || path.startsWith("shared/testing/");

/** Every variable that the sources name, with a file that does. */
async function named(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const pattern of ["ops/**/*.ts", "services/**/*.ts", "shared/**/*.ts"]) {
    for await (const path of new Bun.Glob(pattern).scan(ROOT)) {
      if (isTest(path)) continue;
      for (const [name] of (await Bun.file(join(ROOT, path)).text()).matchAll(NAME)) found.set(name, path);
    }
  }
  return found;
}

test("every variable that the sources name stands in the reference of settings", async () => {
  const page = await Bun.file(join(ROOT, "docs/reference/settings.md")).text();
  const told = new Set([...page.matchAll(NAME)].map(([name]) => name));
  const isTold = (name: string): boolean =>
    told.has(name) ||
    EXAMPLES.has(name) ||
    // Any from a file, also where the file alone is a setting; one service's as everybody's, and the other way round.
    told.has(`${name}_FILE`) ||
    (name.endsWith("_FILE") && isTold(name.slice(0, -"_FILE".length))) ||
    [...told].some((known) => known.replace(SERVICE, "CHIMERA_") === name) ||
    (SERVICE.test(name) && isTold(name.replace(SERVICE, "CHIMERA_"))) ||
    /^CHIMERA_URL_S\d\d$/.test(name);
  const untold = [...(await named())].filter(([name]) => !isTold(name));
  expect(untold).toEqual([]);
});
