/** Which installation a process belongs to, and its secrets: from the environment alone, or from a data folder. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PAPER_KEY } from "../../services/s01-exchange/types.ts";
import { TAG_CHARACTERS } from "../../shared/keys.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { channelKeyEnv, channelKeyFrom, exchangeKeyEnv, masterKey } from "./exchange-keys.ts";
import { type DataFolder, type Origin, openFolder, openPlaces, type Places, readServiceKey } from "./folder.ts";
import { grantEnv } from "./grant-keys.ts";
import { originBy } from "./origin.ts";
import { type Env, readProcessSettings } from "./process-settings.ts";
import { readStoreSettings } from "./store-settings.ts";

export interface Identity {
  origin: Origin;
  tag: string;
  serviceKey: Uint8Array;
  /** With ArangoDB and an S3 store it is scratch: nothing in it is needed again. */
  folder: Places;
  /** What the environment says besides: keys that this service alone is handed. */
  keys: Record<string, string>;
}

/** Throws an Error that says what is missing, and where it is bound to something else. */
export function identityOf(env: Env, owner: ServiceId): Identity {
  if (isOfEnv(env)) return identityInEnv(env, owner);
  const { shards } = readProcessSettings(env);
  return identityIn(
    openFolder(env.CHIMERA_DATA ?? "data", originBy(env), shards === undefined ? {} : { shards }),
    env,
    owner,
  );
}

/** Who is handed the service key needs no data folder. */
export const isOfEnv = (env: Env): boolean => env.CHIMERA_SERVICE_KEY !== undefined;

export const identityIn = (folder: DataFolder, env: Env, owner: ServiceId): Identity => ({
  origin: folder.origin,
  tag: folder.tag,
  serviceKey: folder.serviceKey,
  folder,
  keys: {
    ...grantEnv(folder.grantKeys, owner),
    ...exchangeKeyEnv(folder, env, owner),
    ...channelKeyEnv(folder, env, owner),
  },
});

function identityInEnv(env: Env, owner: ServiceId): Identity {
  const { shards = 1 } = readProcessSettings(env);
  const origin = originBy(env);
  const tag = env.CHIMERA_INSTALLATION_TAG ?? "";
  const missing = NEEDED.filter(
    ([whose, ...names]) => owner === whose && !names.some((name) => env[name] !== undefined),
  );
  const wrong = missing.map(([, ...names]) => `${names.join(" or ")} is missing, which ${owner} needs`);
  if (!new RegExp(`^[a-z0-9]{${TAG_CHARACTERS}}$`).test(tag)) {
    wrong.unshift(`CHIMERA_INSTALLATION_TAG is ${TAG_CHARACTERS} small letters and digits, the same for all processes`);
  }
  if (wrong.length > 0)
    throw new Error(`Without a data folder: ${wrong.join("; ")}. ./chimera secrets make makes all.`);
  if (owner === "s01") mustHaveKeyFor(origin, env);
  return {
    ...{ origin, tag, folder: placesOf(env, origin, { shards, tag }) },
    serviceKey: readServiceKey(env.CHIMERA_SERVICE_KEY ?? "", "CHIMERA_SERVICE_KEY"),
    keys:
      owner === "s11" && env.CHIMERA_MASTER_KEY_FILE !== undefined ? { CHIMERA_S11_CHANNEL_KEY: channelKey(env) } : {},
  };
}

/** A service, and names of which it needs one. */
const NEEDED: readonly [ServiceId, ...string[]][] = [
  ["s01", "CHIMERA_S01_GRANT_PUBLIC_KEY", "CHIMERA_GRANT_PUBLIC_KEY"],
  ["s11", "CHIMERA_S11_CHANNEL_KEY", "CHIMERA_CHANNEL_KEY", "CHIMERA_MASTER_KEY_FILE"],
  ["s12", "CHIMERA_S12_GRANT_KEY", "CHIMERA_GRANT_KEY"],
];

/** Throws an Error that says where it belongs: what `secrets make` leaves there is for the paper venue alone. */
function mustHaveKeyFor({ mode }: Origin, env: Env): void {
  if (mode === "paper" || (env.CHIMERA_S01_API_KEY ?? env.CHIMERA_API_KEY ?? PAPER_KEY) !== PAPER_KEY) return;
  throw new Error(
    `There is no exchange key, which s01 needs in ${mode} mode. Put the exchange's key into the secret s01-api-key and ` +
      "its secret into s01-api-secret: those that ./chimera secrets make made are for the paper venue alone.",
  );
}

const channelKey = (env: Env): string => channelKeyFrom(masterKey({ path: "", origin: originBy(env) }, env));

function placesOf(env: Env, origin: Origin, installed: { shards: number; tag: string }): Places {
  const { store, blobs } = readStoreSettings(env);
  const path = env.CHIMERA_DATA ?? (store === "sqlite" || blobs === "folder" ? "data" : join(tmpdir(), "chimera"));
  if (store === "sqlite" || blobs === "folder") return openPlaces(path, origin, installed);
  return { path, stores: join(path, "stores"), blobs: join(path, "blobs"), shards: installed.shards };
}
