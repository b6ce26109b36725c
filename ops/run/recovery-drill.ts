/** The drill of recovery: layer after layer of a trading installation is destroyed and put back from a backup, timed. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { systemRandom } from "../../shared/adapters/random.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import type { Manifest } from "../backup/manifest.ts";
import { openTarget } from "../backup/open-target.ts";
import { restoreBackup } from "../backup/restore.ts";
import type { Target } from "../backup/target.ts";
import { buildInfo } from "../build.ts";
import { asleep, booksFlat, entry, everyPositionProtected, openPositions, servicesReady } from "./account.fixture.ts";
import { openFolder } from "./folder.ts";
import { judgeFolder } from "./judge.ts";
import { type Running, SOON_WELL, until, up } from "./process.fixture.ts";
import type { Env } from "./process-settings.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** It trades on for so long after a backup before something is lost: that is what has to be found again. */
const LOST_MS = 10_000;
const INSTRUMENTS = ["FUT:BTCUSDT", "SPOT:ETHUSDT"];
const ARGS = ["--seed", "recovery", "--bundle"];

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
    only: ["keys", "stores", "blobs"],
  },
];

/** In a new folder; the paper venue's own files stay, since the exchange is not what is lost. */
export async function drillRecovery(folder: string, portOffset: number, tell: (line: string) => void) {
  const clock = wallClock();
  mkdirSync(folder, { recursive: true });
  const [data, key, bundle] = ["data", "backup.key", "asleep.yaml"].map((name) => join(folder, name)) as [
    ...[string, string, string],
  ];
  writeFileSync(key, Buffer.from(systemRandom().bytes(32)).toString("hex"), { mode: 0o600 });
  writeFileSync(bundle, asleep());
  const env = { ...process.env, CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(folder, "backups") };
  const { target } = openTarget(undefined, env, clock);
  const drill: Drilling = { data, env, clock, target, start: () => up(data, portOffset, [...ARGS, bundle], SOON_WELL) };
  const outcome: RecoveryOutcome = {
    ok: false,
    backup: { took_ms: 0, bytes: 0, records: 0 },
    layers: [],
    violated: [],
  };
  let running = await drill.start();
  try {
    await ready(running);
    for (const layer of LAYERS) {
      tell(`${layer.name}: ${layer.lost} ...`);
      await trades(running, `before ${layer.name}`);
      const manifest = await backedUp(drill);
      const records = manifest.stores.reduce((sum, part) => sum + part.sum.records, 0);
      outcome.backup = { took_ms: manifest.ended_at - manifest.begun_at, bytes: manifest.size.bytes, records };
      await flat(running);
      const asked = await trades(running, `lost with ${layer.name}`);
      await Bun.sleep(LOST_MS);
      const held = await openPositions(running);
      const lived = await loses(drill, { running, layer, manifest });
      running = lived.running;
      outcome.layers.push(lived.outcome);
      // What was held is held, and nothing of what was asked for is done a second time.
      await running.post("/kill-switch", { enable: false, reason: "the drill goes on" });
      for (const intent of asked) await running.post("/orders", { intent });
      expectSame(layer.name, held, await openPositions(running));
      await flat(running);
    }
  } finally {
    await running.stop();
  }
  outcome.violated = (await judgeFolder(openFolder(data, ORIGIN))).violated;
  return { ...outcome, ok: outcome.violated.length === 0 };
}

interface Drilling {
  data: string;
  env: Env;
  clock: Clock;
  target: Target;
  start(): Promise<Running>;
}

async function backedUp({ data, env, clock, target }: Drilling): Promise<Manifest> {
  const installed = installedIn(data, env, clock);
  try {
    return await makeBackup({ installed, target, clock, build: buildInfo(env) });
  } finally {
    await installed.stores.close();
  }
}

/** Killed, the layer deleted, put back, started, ready. */
async function loses(drill: Drilling, of: { running: Running; layer: Layer; manifest: Manifest }) {
  const { data, env, clock, target, start } = drill;
  const { layer, manifest } = of;
  await of.running.kill();
  const lostAt = clock.mono();
  for (const path of layer.paths(readdirSync(join(data, "stores")))) {
    rmSync(join(data, path), { recursive: true, force: true });
  }
  rmSync(join(data, "chimera.pid"), { force: true });
  const { only } = layer;
  const restored = only.length === 0 ? undefined : await restoreBackup({ target, manifest, data, env, clock, only });
  const running = await start();
  await ready(running);
  const outcome: RecoveryLayer = {
    ...{ layer: layer.name, lost: layer.lost },
    rpo_ms: Math.max(0, ...(restored?.layers.map(({ rpo_ms }) => rpo_ms) ?? [])),
    rto_ms: Math.round(clock.mono() - lostAt),
    restore_ms: restored?.took_ms ?? 0,
  };
  return { running, outcome };
}

/** S4 and S5 are ready once the books have met the exchange's. */
const ready = (running: Running): Promise<void> => until("every service ready", () => servicesReady(running));

/** A future and a coin, entered and protected. */
async function trades(running: Running, id: string) {
  const intents = await Promise.all(
    INSTRUMENTS.map((each) => entry(running, `${id} ${each}`.replaceAll(/[ :]/g, "-"), each)),
  );
  await until(`entries ${id}`, async () => {
    const answers = await Promise.all(intents.map((intent) => running.post("/orders", { intent })));
    const refused = answers.find(({ status }) => status >= 300);
    if (refused) throw new Error(JSON.stringify(refused.body));
    return everyPositionProtected(running);
  });
  return intents;
}

const flat = (running: Running): Promise<void> =>
  until("flat", async () => {
    await running.post("/positions/flatten", { reason: "the drill goes on", instruments: INSTRUMENTS });
    return (await openPositions(running)).length === 0 && (await booksFlat(running));
  });

function expectSame(layer: string, before: readonly unknown[], after: readonly unknown[]): void {
  const words = (held: readonly unknown[]) =>
    (held as { instrument: string; qty: string }[]).map(({ instrument, qty }) => `${instrument} ${qty}`).join(", ");
  if (words(before) === words(after)) return;
  throw new Error(
    `After ${layer} was lost ${words(after) || "nothing"} is held, and it was ${words(before) || "nothing"}.`,
  );
}
