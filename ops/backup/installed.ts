/** The installation that is backed up or restored: what it belongs to, and where its documents and blobs are. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Blobs, Clock, ServiceId } from "../../shared/kit/ports.ts";
import { openBlobs } from "../run/blobs.ts";
import { shardsOf } from "../run/folder.ts";
import { originBy } from "../run/origin.ts";
import { type Env, readProcessSettings } from "../run/process-settings.ts";
import { readStoreSettings } from "../run/store-settings.ts";
import { openStores, type Stores } from "../run/stores.ts";
import { type Site, siteOf } from "../standby/site.ts";
import { FILE_PATH, type Manifest } from "./manifest.ts";

export type About = Manifest["installation"];
export interface Installed {
  about: About;
  stores: Stores;
  blobs: Blobs;
  /** Which of the installation's it is: another one is of a higher generation, once it was promoted in this one's place. */
  site: Site;
  /** Keys, origin and generation, by their path in the data folder; none where secrets come from elsewhere. */
  files: { path: string; file: string }[];
}

/**
 * Who hears is read before who tells, so that what somebody has heard was told by nobody later than the backup has it:
 * told again after a restore, it is known by its id. Audit entries are counted by who makes them, so who chains them
 * comes first of all; revisions are named everywhere, so who keeps them comes last.
 */
export const READ_ORDER: readonly ServiceId[] = [
  ...(["s12", "s11", "s08", "s09", "s07", "s05", "s06", "s03", "s02", "s04", "s01", "s10"] as const),
];

/** Every store there is, in the order in which they are read. */
export const partsOf = ({ shards }: Pick<About, "shards">): { owner: ServiceId; shard: number }[] =>
  READ_ORDER.flatMap((owner) => Array.from({ length: shardsOf({ shards }, owner) }, (_, shard) => ({ owner, shard })));

/** Throws an Error where there is no installation. */
export function installedIn(data: string, env: Env, clock: Clock): Installed {
  const path = resolve(data);
  const about = aboutIn(path, env);
  if (!about) throw new Error(`${path} holds no installation. Name its folder with --data DIR.`);
  return { about, ...openedIn(path, about, { env, clock }), site: siteOf(path), files: filesIn(path) };
}

export function openedIn(path: string, about: About, { env, clock }: { env: Env; clock: Clock }) {
  const folder = { path, stores: join(path, "stores"), blobs: join(path, "blobs"), shards: about.shards };
  return { stores: openStores({ folder, env, clock }), blobs: openBlobs({ folder, env, clock }) };
}

/** By the folder; where documents and blobs are kept elsewhere and there is none, by the environment. */
function aboutIn(path: string, env: Env): About | undefined {
  const file = join(path, "origin.json");
  if (existsSync(file)) {
    const { mode, venue, account, tag, shards = 1 } = JSON.parse(readFileSync(file, "utf8"));
    return { mode, venue, account, tag, shards };
  }
  const tag = env.CHIMERA_INSTALLATION_TAG;
  if (readStoreSettings(env).store !== "arango" || tag === undefined) return undefined;
  return { ...originBy(env), tag, shards: readProcessSettings(env).shards ?? 1 };
}

function filesIn(path: string): Installed["files"] {
  const keys = join(path, "keys");
  const names = existsSync(keys) ? readdirSync(keys).toSorted() : [];
  const all = ["origin.json", "site.json", ...names.map((name) => join("keys", name))];
  const wanted = all.filter((name) => FILE_PATH.test(name)).map((name) => ({ path: name, file: join(path, name) }));
  return wanted.filter(({ file }) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
