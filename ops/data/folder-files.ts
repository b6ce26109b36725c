/** What a path on the command line stands for: the file itself, or the files of a folder, such as one of the library. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Manifest } from "../../shared/market-data/library.ts";

const MANIFEST = "manifest.json";

/** By name, which is by time; where the folder has a manifest, only what it names. Throws when there is none. */
export function filesUnder(path: string): string[] {
  if (!existsSync(path)) throw new Error(`There is no file ${path}.`);
  if (!statSync(path).isDirectory()) return [path];
  const manifest = join(path, MANIFEST);
  const names = existsSync(manifest) ? namedIn(manifest) : readdirSync(path).filter((name) => !name.startsWith("."));
  if (names.length === 0) throw new Error(`There is no file in ${path}.`);
  return names.toSorted().map((name) => join(path, name));
}

function namedIn(manifest: string): string[] {
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as Manifest).parts.map(({ key }) => basename(key));
  } catch (error) {
    throw new Error(`${manifest} is damaged: ${(error as Error).message}`);
  }
}
