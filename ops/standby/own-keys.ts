/** The two exchange keys that a standby knows: the followed site's, out of its backup, and its own, sealed apart. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PAPER_KEY } from "../../services/s01-exchange/types.ts";
import type { Manifest } from "../backup/manifest.ts";
import type { Target } from "../backup/target.ts";
import { type ExchangeKey, type KeyPlace, masterKey, openKey, sealKey } from "../run/exchange-keys.ts";
import type { StandbyFolder } from "./standby-folder.ts";

type Env = Readonly<Record<string, string | undefined>>;

const placeOf = (path: string, { installation }: Pick<Manifest, "installation">): KeyPlace => ({
  path,
  origin: installation,
});

/** Its own; undefined where none was set. */
export function ownKey(folder: StandbyFolder, manifest: Manifest, env: Env): ExchangeKey | undefined {
  const place = placeOf(folder.own, manifest);
  return openKey(place, () => masterKey(place, env));
}

/** Seals it for the followed installation's mode and venue. */
export function keepOwnKey(folder: StandbyFolder, manifest: Manifest, { key, env }: { key: ExchangeKey; env: Env }) {
  const place = placeOf(folder.own, manifest);
  mkdirSync(join(place.path, "keys"), { recursive: true, mode: 0o700 });
  sealKey(place, masterKey(place, env), key);
}

/** From then on it is the installation's, under the installation's master key. */
export function enableOwnKey(folder: StandbyFolder, manifest: Manifest, { key, env }: { key: ExchangeKey; env: Env }) {
  const place = placeOf(folder.data, manifest);
  mkdirSync(join(place.path, "keys"), { recursive: true, mode: 0o700 });
  sealKey(place, masterKey(place, env), key);
}

/**
 * The followed site's: named by the environment (CHIMERA_OLD_API_KEY and CHIMERA_OLD_API_SECRET), else sealed in its
 * backup, else the one that a paper venue takes from anybody.
 */
export async function oldKey(mirror: Target, manifest: Manifest, env: Env): Promise<ExchangeKey | undefined> {
  const { CHIMERA_OLD_API_KEY: api_key, CHIMERA_OLD_API_SECRET: secret } = env;
  if (api_key !== undefined && secret !== undefined) return { api_key, secret };
  const sealed = await sealedIn(mirror, manifest, env);
  if (sealed || manifest.installation.mode !== "paper") return sealed;
  return { api_key: PAPER_KEY, secret: "paper-secret" };
}

/** Opened in a folder of its own, which is gone afterwards. */
async function sealedIn(mirror: Target, manifest: Manifest, env: Env): Promise<ExchangeKey | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "chimera-standby-"));
  try {
    const place = placeOf(folder, manifest);
    mkdirSync(join(folder, "keys"), { mode: 0o700 });
    for (const { key, pieces } of manifest.files) {
      if (!["exchange.sealed", "master.key"].includes(basename(key))) continue;
      const parts = await Promise.all(pieces.map((name) => mirror.piece(name)));
      writeFileSync(join(folder, "keys", basename(key)), Buffer.concat(parts), { mode: 0o600 });
    }
    return openKey(place, () => masterKey(place, env));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
