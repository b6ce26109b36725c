/** The drill of recovery: layer after layer of a trading installation is destroyed and put back from a backup, timed. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import { openTarget } from "../backup/open-target.ts";
import { restoreBackup } from "../backup/restore.ts";
import { buildInfo } from "../build.ts";
import { booksFlat, openPositions, servicesReady } from "./account.fixture.ts";
import { openFolder } from "./folder.ts";
import { judgeFolder } from "./judge.ts";
import { type Running, until, up } from "./process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** It trades on for so long after a backup before something is lost: that is what has to be found again. */
const LOST_MS = 20_000;
const TRADED_MS = 25_000;

export interface RecoveryLayer {
  layer: string;
  /** A sentence. */
  lost: string;
  /** Age of what was put back, ms; 0 where nothing of it is needed. */
  rpo_ms: number;
  /** From the loss until every service was ready and the books had met the exchange's, ms. */
  rto_ms: number;
  /** Of it, what the restore took, ms. */
  restore_ms: number;
}
export interface RecoveryOutcome {
  ok: boolean;
  backup: { took_ms: number; bytes: number; records: number };
  layers: RecoveryLayer[];
  /** What the books violate in the end, by the venue's journal. */
  violated: string[];
}

interface Layer {
  name: string;
  lost: string;
  /** Paths in the data folder. */
  paths(names: readonly string[]): string[];
  /** As `restore --only` names it; none where it comes back by itself. */
  only: readonly string[];
}

const storesOf = (names: readonly string[], owner = "s\\d\\d"): string[] =>
  names.filter((name) => new RegExp(`^${owner}(-\\d+)?\\.sqlite`).test(name)).map((name) => join("stores", name));
const named = (names: readonly string[], head: string): string[] =>
  names.filter((name) => name.startsWith(head)).map((name) => join("stores", name));

const LAYERS: readonly Layer[] = [
  { name: "bus", lost: "every stream", paths: (names) => named(names, "bus"), only: [] },
  {
    name: "coordination",
    lost: "caches, leases, due queues",
    paths: (names) => named(names, "coordination"),
    only: [],
  },
  { name: "one store", lost: "the router's documents", paths: (names) => storesOf(names, "s04"), only: ["s04"] },
  { name: "all stores", lost: "every document", paths: (names) => storesOf(names), only: ["stores"] },
  { name: "blobs", lost: "reports, models, recordings", paths: () => ["blobs"], only: ["blobs"] },
  {
    name: "everything",
    lost: "the whole folder but the exchange",
    paths: () => ["stores", "blobs", "keys", "aside", "origin.json"],
    only: [],
  },
];

/** In a new folder; the paper venue's own files stay, since the exchange is not what is lost. */
export async function drillRecovery(folder: string, portOffset: number, tell: (line: string) => void) {
  const clock = wallClock();
  const data = join(folder, "data");
  mkdirSync(folder, { recursive: true });
  const key = join(folder, "backup.key");
  writeFileSync(key, Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex"), { mode: 0o600 });
  const env = { ...process.env, CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(folder, "backups") };
  const { target } = openTarget(undefined, env, clock);
  const outcome: RecoveryOutcome = {
    ok: false,
    backup: { took_ms: 0, bytes: 0, records: 0 },
    layers: [],
    violated: [],
  };
  const start = () => up(data, portOffset, ["--seed", "recovery"], {});
  let running: Running = await start();
  try {
    await ready(running);
    await Bun.sleep(TRADED_MS);
    for (const layer of LAYERS) {
      tell(`${layer.name}: ${layer.lost} ...`);
      const installed = installedIn(data, env, clock);
      const manifest = await makeBackup({ installed, target, clock, build: buildInfo(env) });
      await installed.stores.close();
      const records = manifest.stores.reduce((sum, part) => sum + part.sum.records, 0);
      outcome.backup = { took_ms: manifest.ended_at - manifest.begun_at, bytes: manifest.size.bytes, records };
      await Bun.sleep(LOST_MS);
      await running.kill();
      const lostAt = clock.mono();
      for (const path of layer.paths(readdirSync(join(data, "stores"))))
        rmSync(join(data, path), { recursive: true, force: true });
      rmSync(join(data, "chimera.pid"), { force: true });
      const only = layer.name === "everything" ? ["keys", "stores", "blobs"] : layer.only;
      const restored =
        only.length === 0 ? undefined : await restoreBackup({ target, manifest, data, env, clock, only });
      running = await start();
      await ready(running);
      const rto_ms = Math.round(clock.mono() - lostAt);
      const rpo_ms = Math.max(0, ...(restored?.layers.map((each) => each.rpo_ms) ?? []));
      outcome.layers.push({ layer: layer.name, lost: layer.lost, rpo_ms, rto_ms, restore_ms: restored?.took_ms ?? 0 });
      await running.post("/kill-switch", { enable: false, mode: "HALT", reason: "the drill goes on" });
    }
    await running.post("/kill-switch", { enable: true, mode: "FLATTEN", reason: "the drill ends" });
    await until("flat at the end", async () => (await openPositions(running)).length === 0);
    await until("our books flat at the end", () => booksFlat(running));
  } finally {
    await running.stop();
  }
  outcome.violated = (await judgeFolder(openFolder(data, ORIGIN))).violated;
  return { ...outcome, ok: outcome.violated.length === 0 };
}

/** S4 and S5 are ready once the books have met the exchange's. */
const ready = (running: Running): Promise<void> => until("every service ready", () => servicesReady(running));
