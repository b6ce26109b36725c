/** Makes a standby the site that trades, once the exchange refuses the key of the one that it followed. */
import { existsSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import { emit } from "../../shared/changes.ts";
import type { Market } from "../../shared/domain/instrument.ts";
import { SITE_PROMOTED } from "../../shared/keys.ts";
import type { Clock, Net } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { openedIn } from "../backup/installed.ts";
import type { Manifest } from "../backup/manifest.ts";
import { type RestoreOutcome, restoreBackup } from "../backup/restore.ts";
import { Target } from "../backup/target.ts";
import type { Vault } from "../backup/vault.ts";
import { storeParts } from "../migrate/carry-stores.ts";
import type { Env } from "../run/process-settings.ts";
import { fingerprint } from "../venue/binance/keys.ts";
import { HealedMirror } from "./healed-mirror.ts";
import { askByKey } from "./old-key.ts";
import { enableOwnKey, oldKey, ownKey } from "./own-keys.ts";
import {
  announceSite,
  FIRST_SITE,
  keepSite,
  keepSiteIn,
  newestSite,
  nextGeneration,
  readSite,
  replacedBy,
  SITE_FILE,
  type Site,
  type SiteWord,
} from "./site.ts";
import { keepState, type StandbyFolder, type StandbyState, standbyFolder, stateOf } from "./standby-folder.ts";

export interface Promoting {
  data: string;
  env: Env;
  clock: Clock;
  net: Pick<Net, "fetch">;
  vault: Vault;
  /** Where the backups of the followed site lie: the word for it is left there. */
  from: Target;
  /** The installation's tag, typed by an operator who says that the old key is revoked though the exchange was not asked. */
  checked?: string;
  /** Who promotes, for the audit log. */
  actor: string;
  progress?(what: string): void;
}
export interface Promoted {
  generation: number;
  backup_id: string;
  /** What happened after this is asked of the exchange at the start, epoch ms. */
  as_of: number;
  restored: RestoreOutcome;
  /** Why the place of the backups did not take the word for the old site; absent where it did. */
  unannounced?: string;
}

export const mirrorOf = (folder: StandbyFolder, vault: Vault, clock: Pick<Clock, "now">): Target =>
  new Target(new FolderBlobs(folder.mirror), vault, clock);

/** The followed site's newest backup that is here whole. Throws an Error where there is none. */
export async function mirrored(state: StandbyState | undefined, mirror: Target): Promise<Manifest> {
  if (!state) throw new Error("This folder holds no standby: ./chimera standby --from PLACE --data DIR makes one.");
  if (state.status === "promoted") throw new Error("It was promoted already: ./chimera up starts it.");
  if (state.backup_id === undefined) throw new Error("No backup has arrived here yet: let it follow first.");
  return mirror.manifest(state.backup_id);
}

/** Nothing is enabled before the old key is proven revoked; interrupted it can be repeated. Throws an Error that says why not. */
export async function promoteSite(promoting: Promoting): Promise<Promoted> {
  const { data, env, clock, vault, from, progress } = promoting;
  const folder = standbyFolder(data);
  const mirror = mirrorOf(folder, vault, clock);
  const state = stateOf(folder);
  const manifest = await mirrored(state, mirror);
  const own = ownKey(folder, manifest, env);
  if (!own && env.CHIMERA_S01_API_KEY === undefined) {
    throw new Error("This site has no exchange key of its own: ./chimera standby key --data DIR sets one.");
  }
  await mustBeRevoked(promoting, { state: state as StandbyState, manifest, mirror });
  const followed = await siteIn(mirror, manifest);
  const newest = await newestSite(from).catch(() => undefined);
  mustBeTheLast(promoting, { followed, newest, state: state as StandbyState });
  const generation = nextGeneration(newest, followed);
  const promotion = state?.promotion ?? Buffer.from(systemRandom().bytes(PROMOTION_BYTES)).toString("hex");
  // Known before it is told: interrupted in between it knows its own word again.
  keepState(folder, { ...(state as StandbyState), promotion });
  const word: SiteWord = {
    ...{ generation, promotion, promoted_at: clock.now(), tag: manifest.installation.tag },
    ...{ site: `${hostname()} ${folder.data}`, backup_id: manifest.id },
  };
  const unannounced = await announceSite(from, word).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (unannounced !== undefined && promoting.checked !== undefined) {
    throw new Error(
      `Without proof that the old key is revoked the old site must be told, and it cannot: ${unannounced}`,
    );
  }
  await clearHalf(folder, manifest, promoting);
  keepState(folder, { ...(state as StandbyState), status: "promoting", promotion });
  const only = ["keys", "stores", "blobs"];
  const restored = await restoreBackup({
    ...{ target: new HealedMirror(folder, from, { vault, clock }), manifest, data: folder.data, env, clock, only },
    ...(progress && { progress }),
  });
  await noteInAudit(promoting, { manifest, word });
  keepSite(folder.data, word);
  await keepSiteIn(openedIn(folder.data, manifest.installation, { env, clock }).blobs, word);
  await mustStillBeTheLast(promoting, word);
  if (own) enableOwnKey(folder, manifest, { key: own, env });
  keepState(folder, { ...(state as StandbyState), status: "promoted" });
  const { id: backup_id, begun_at: as_of } = manifest;
  return { generation, backup_id, as_of, restored, ...(unannounced !== undefined && { unannounced }) };
}

/** Asks by the old key and keeps which markets took it: a refusal proves something only where it was taken from here before. */
export async function rehearse(promoting: Pick<Promoting, "data" | "env" | "clock" | "net" | "vault">) {
  const { data, env, clock, vault } = promoting;
  const folder = standbyFolder(data);
  const mirror = mirrorOf(folder, vault, clock);
  const state = stateOf(folder);
  const manifest = await mirrored(state, mirror);
  const key = await oldKey(mirror, manifest, env);
  if (!key) throw new Error(NO_OLD_KEY);
  const answers = await askByKey(key, { ...promoting, env: { ...env, CHIMERA_MODE: manifest.installation.mode } });
  const markets = MARKETS.filter((market) => answers[market] === "taken");
  if (markets.length > 0) {
    const rehearsed = { key: fingerprint(key.api_key), markets: [...markets], at: clock.now() };
    keepState(folder, { ...(state as StandbyState), rehearsed });
  }
  return answers;
}
const MARKETS = ["SPOT", "FUT"] as const satisfies Market[];
const NO_OLD_KEY =
  "The backup holds no exchange key of the followed site: name it by CHIMERA_OLD_API_KEY and CHIMERA_OLD_API_SECRET.";

interface Here {
  state: StandbyState;
  manifest: Manifest;
  mirror: Target;
}

async function mustBeRevoked(promoting: Promoting, { state, manifest, mirror }: Here): Promise<void> {
  const { env, checked } = promoting;
  const { tag, mode } = manifest.installation;
  if (checked !== undefined) {
    if (checked !== tag) throw new Error(`The installation's tag is another than ${JSON.stringify(checked)}.`);
    return;
  }
  const key = await oldKey(mirror, manifest, env);
  if (!key) throw new Error(NO_OLD_KEY);
  const { rehearsed } = state;
  if (rehearsed?.key !== fingerprint(key.api_key)) {
    throw new Error(
      "Whether the old key is revoked cannot be known here: it was never seen to work from this machine, and a key that " +
        `is bound to other addresses is refused in the same words. ${OVERRIDE}`,
    );
  }
  promoting.progress?.("asking by the old key");
  const answers = await askByKey(key, { ...promoting, env: { ...env, CHIMERA_MODE: mode } });
  const taken = MARKETS.filter((market) => answers[market] === "taken");
  if (taken.length > 0) {
    throw new Error(`The old key still works (${taken.join(", ")}): revoke it at the exchange first.`);
  }
  const unknown = rehearsed.markets.filter((market) => answers[market] !== "refused");
  if (unknown.length === 0) return;
  throw new Error(`The exchange does not say whether the old key is revoked (${unknown.join(", ")}). ${OVERRIDE}`);
}
const OVERRIDE =
  "Revoke it, see for yourself at the exchange's page that it is gone, then say so: --old-key-revoked-i-checked TAG.";

const PROMOTION_BYTES = 8;

/** Which of the installation's sites the backup is of. */
async function siteIn(mirror: Target, { files, blobs }: Manifest): Promise<Site> {
  const said = [...files, ...blobs].filter(({ key }) => key === SITE_FILE || key === SITE_PROMOTED);
  let site = FIRST_SITE;
  for (const { key, pieces } of said) {
    const parts = await Promise.all(pieces.map((name) => mirror.piece(name)));
    const one = readSite(Buffer.concat(parts).toString(), `The backup's ${key}`);
    if (one.generation > site.generation) site = one;
  }
  return site;
}

/** A third site may have taken over from the one that was followed: the key that was proven revoked is not its key. */
function mustBeTheLast(
  { checked }: Promoting,
  { followed, newest, state }: { followed: Site; newest: SiteWord | undefined; state: StandbyState },
): void {
  const isOwn = newest?.promotion !== undefined && newest.promotion === state.promotion;
  if (!newest || newest.generation <= followed.generation || isOwn || checked !== undefined) return;
  throw new Error(
    `${newest.site} has taken over already, as generation ${newest.generation}, and the newest backup here is of ` +
      `generation ${followed.generation}: let this one follow that site's backups, or say that its key is revoked: ` +
      "--old-key-revoked-i-checked TAG.",
  );
}

/** Of standbys that are promoted at the same moment one alone goes on: whose word is there in the end. */
async function mustStillBeTheLast({ from }: Promoting, word: SiteWord): Promise<void> {
  const words = await replacedBy(from, word).catch(() => undefined);
  if (words !== undefined) throw new Error(`Another site was promoted at the same time: ${words}`);
}

/** What a promotion that was interrupted has restored: it has never run. */
async function clearHalf(folder: StandbyFolder, manifest: Manifest, { env, clock }: Promoting): Promise<void> {
  if (stateOf(folder)?.status !== "promoting") return;
  const opened = openedIn(folder.data, manifest.installation, { env, clock });
  for (const { owner, shard } of storeParts(manifest.installation)) await opened.stores.clear(owner, shard);
  for (const { key } of manifest.blobs) await opened.blobs.delete(key);
  for (const { key } of manifest.files) rmSync(join(folder.data, key), { force: true });
  await opened.stores.close();
}

/** In the outbox of the gateway's store: it is chained into the audit log at the start. */
async function noteInAudit(
  { data, env, clock, actor, checked }: Promoting,
  { manifest, word }: { manifest: Manifest; word: SiteWord },
): Promise<void> {
  const how =
    checked === undefined ? "the exchange refuses the old key" : "an operator says that the old key is revoked";
  const { stores } = openedIn(standbyFolder(data).data, manifest.installation, { env, clock });
  const entry = {
    source: "s12",
    actor,
    what: "site promoted",
    ref: manifest.id,
    outcome: how,
    after: word,
    ts: clock.now(),
  };
  await stores.open("s12").commit([emit(opsEvents, entry)], { sync: "full" });
  await stores.close();
}

/** Why this folder may not be started as an installation; nothing where it may. */
export function notYetASite(data: string): string | undefined {
  const folder = standbyFolder(data);
  const state = existsSync(folder.own) ? stateOf(folder) : undefined;
  if (!state || state.status === "promoted") return undefined;
  return `${folder.data} is a standby: it trades nothing before ./chimera promote-site --data ${folder.data}.`;
}
