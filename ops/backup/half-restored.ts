/** A restore that did not come to its end: its folder is no installation, and what it left is cleared by the next try. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Blobs, ServiceId } from "../../shared/kit/ports.ts";
import type { Stores } from "../run/stores.ts";
import type { Manifest } from "./manifest.ts";

export interface Filled {
  path: string;
  manifest: Manifest;
  stores: Stores;
  blobs: Blobs;
}

const PAGE = 1_000;
const markIn = (data: string): string => join(resolve(data), "restoring");

/** The backup that is being put back here, or was when the restore ended early; undefined where none is. */
export const halfRestored = (data: string): string | undefined =>
  existsSync(markIn(data)) ? readFileSync(markIn(data), "utf8").trim() : undefined;

export const markRestoring = (data: string, id: string): void =>
  writeFileSync(markIn(data), `${id}\n`, { mode: 0o600, flush: true });

export const unmarkRestoring = (data: string): void => rmSync(markIn(data), { force: true });

/** Throws an Error for anything that is there already, before anything is written. */
export async function mustBeEmpty({ manifest, stores, blobs }: Omit<Filled, "path">): Promise<void> {
  for (const { owner, shard } of manifest.stores) {
    for await (const _record of stores.dump(owner as ServiceId, shard)) {
      throw new Error(`The store of ${owner} holds something already: nothing is overwritten.`);
    }
  }
  const wanted = new Set(manifest.blobs.map(({ key }) => key));
  for (let cursor: string | undefined; ; ) {
    const page = await blobs.list("", { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    const there = page.items.find(({ key }) => wanted.has(key));
    if (there) throw new Error(`The blob ${there.key} is there already: nothing is overwritten.`);
    cursor = page.next_cursor;
    if (cursor === undefined) return;
  }
}

/** All that a restore of this backup puts somewhere. Only where everything was empty before it, and nothing ran since. */
export async function clearRestored({ path, manifest, stores, blobs }: Filled): Promise<void> {
  for (const { owner, shard } of manifest.stores) await stores.clear(owner as ServiceId, shard);
  for (const { key } of manifest.blobs) await blobs.delete(key);
  for (const { key } of manifest.files) rmSync(join(path, key), { force: true });
}
