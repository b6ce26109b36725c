/** `up`: the whole system, in one process or many, on the paper venue or an exchange. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom, systemRandom } from "../../shared/adapters/random.ts";
import { backUpBySchedule } from "../run/backup-job.ts";
import { openBlobs } from "../run/blobs.ts";
import { claim, type DataFolder, type Origin, openFolder } from "../run/folder.ts";
import { readGatewaySettings } from "../run/gateway-settings.ts";
import { startInstallation } from "../run/installation.ts";
import { namesOf, rememberStores } from "../run/kept-stores.ts";
import { aheadMs } from "../run/last-time.ts";
import { exchangeName, MODES, type Mode, modeOf } from "../run/origin.ts";
import { type ProcessOptions, startProcesses } from "../run/processes.ts";
import { LEAD_S, recordedClock } from "../run/recorded-clock.ts";
import { openingOf } from "../run/serve-gateway.ts";
import { untilAsked } from "../run/signals.ts";
import { readStoreSettings, type StoreSettings } from "../run/store-settings.ts";
import type { ProgramState } from "../run/supervise.ts";
import { loadServices } from "../services.ts";
import { mustMayStart } from "../standby/may-start.ts";
import type { Command } from "./command.ts";
import { filesOf, marketKind, openMarket } from "./market.ts";
import { choiceOption, DEFAULT_DATA, numberOption, readBundleFile, readOptions } from "./options.ts";
import { readReplicas } from "./replicas.ts";
import { bold, dim, green, note, print, yellow } from "./terminal.ts";

const PASSWORD_BYTES = 12;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const usage = `Usage: ./chimera up [options]

Starts the paper venue and all services in one process, and says where to look. Ctrl-C, or ./chimera down, stops it.

  --mode M        paper (default), testnet or live (or CHIMERA_MODE): on an exchange instead of the paper venue, with
                  the key that ./chimera keys set stored; live sends no entry before ./chimera live arm
  --market M      agents (default): a simulated market · replay:FILE[,FILE] · quiet: only what clients send · mirror:
                  Binance's live public feeds, with orders matched here and none sent (or mirror:SPOT_URL,UM_URL)
  --history LIST  what was before, from kline files: INSTRUMENT=FILE[,...], CSV as in Binance's archives, gzip or zip,
                  Feather, Parquet, or a folder of the library, such as DIR/blobs/market/fut-btcusdt/klines-1m
  --speed N       how fast time runs, 0.1 to 100 (default 1); not with --processes
  --as-recorded   the clock is a replay's too, so that bars, signals and their ids are those of ./chimera replay; needs
                  a new data folder, since that time cannot go on
  --lead S        with --as-recorded, seconds to come up in before the recording begins: more on a busy machine
                  (default ${LEAD_S.one}, with --processes ${LEAD_S.processes})
  --data DIR      where everything durable lies (default ${DEFAULT_DATA}); a folder belongs to one kind of market
  --bundle F      a config bundle (YAML or JSON) to trade by; the one given last time changes nothing
  --seed N        the agents market's seed (default: a new one each start)
  --log LEVEL     debug, info (default), warn or error; lines go to DIR/logs/chimera.log
  --processes     one process per service, with Redis between them (CHIMERA_REDIS_URL, or an own redis-server)
  --replicas L    with --processes, several processes of a service: s04=2,s03=2; they share its shards, or stand by
  --shards N      into how many shards strategy and router split the instruments, 1 to 64 (default 1); a data folder
                  keeps its number
  --json          one JSON line when it is up, instead of text

CHIMERA_ADMIN_PASSWORD sets the first password; else one is made and shown once. CHIMERA_PORT_OFFSET moves all ports.
CHIMERA_VENUE_ADMIN_TOKEN sets the token of the paper venue's admin API, which is made up otherwise.
CHIMERA_HOST opens the gateway to other machines, over TLS: docs/guide/open-to-the-internet.md.`;

async function run(args: string[]): Promise<number> {
  const started = performance.now();
  const { values } = readOptions(args, {
    mode: { type: "string" },
    market: { type: "string" },
    history: { type: "string" },
    speed: { type: "string" },
    "as-recorded": { type: "boolean", default: false },
    lead: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
    bundle: { type: "string" },
    seed: { type: "string" },
    log: { type: "string", default: "info" },
    processes: { type: "boolean", default: false },
    replicas: { type: "string" },
    shards: { type: "string" },
    json: { type: "boolean", default: false },
  });
  if (values.processes && values.speed !== undefined) {
    throw new Error("--processes runs at the machine's own time: --speed is for the form in one process.");
  }
  if (!values.processes && (values.replicas ?? values.shards) !== undefined) {
    throw new Error("--replicas and --shards are for --processes: in one process every service is there once.");
  }
  const mode = wantedMode(values);
  const isPaper = mode === "paper";
  const marketWanted = values.market ?? "agents";
  // Everything is read before the folder is bound to a market, so that a slip leaves no trace.
  readGatewaySettings(process.env);
  const kind = marketKind(marketWanted);
  const isRecorded = values["as-recorded"];
  mustRunAtItsOwnTime(kind, values);
  const given = {
    market: marketWanted,
    isPaper,
    history: values.history,
    speed: numberOption("speed", values.speed, { fallback: 1, min: 0.1, max: 100 }),
    portOffset: numberOption("port offset", process.env.CHIMERA_PORT_OFFSET, { fallback: 0, min: 0, max: 50_000 }),
    env: process.env,
    bundleText: readBundleFile(values.bundle),
    logLevel: choiceOption("log", values.log, LOG_LEVELS),
    seed: values.seed,
    replicas: readReplicas(values.replicas, await loadServices()),
  };
  const origin = { mode, venue: isPaper ? `paper-${kind}` : exchangeName(process.env), account: "main" };
  const { folder, stores } = await opened(values.data, origin, values.shards ?? process.env.CHIMERA_SHARDS);
  if (isRecorded && !folder.isNew) throw new Error("--as-recorded needs a new data folder: name one with --data DIR.");
  const release = claim(folder);
  try {
    const recorded = isRecorded ? await recordedClock(filesOf(marketWanted), leadOf(values)) : undefined;
    const password = firstPassword(folder, stores);
    const adminPassword = process.env.CHIMERA_ADMIN_PASSWORD ?? password;
    const wanted: Wanted = { ...given, folder, adminPassword, recordedAheadMs: recorded?.aheadMs };
    const running = await (values.processes ? asProcesses(wanted, values.json) : inOneProcess(wanted));
    if (recorded && !recorded.isBefore()) {
      await running.stop();
      throw new Error("The recording had begun before everything was up: this machine is too busy for that --lead.");
    }
    const failed = (words: string) => note(`chimera: a backup failed: ${words}`);
    const blobs = openBlobs({ folder, env: process.env, clock: wallClock() });
    const endBackups = backUpBySchedule({ blobs, clock: wallClock(), env: process.env, data: folder.path, failed });
    const ms = Math.round(performance.now() - started);
    const replicated = values.processes ? { replicas: Object.fromEntries(given.replicas), shards: folder.shards } : {};
    const { gateway } = running;
    const opening = await openingOf(process.env, folder);
    if (values.json) {
      const open = opening && { url: opening.url, fingerprint: opening.certificate?.fingerprint };
      print(JSON.stringify({ up: true, gateway, open, pid: process.pid, ms, ...replicated }));
    } else {
      announce(gateway, { folder, market: marketWanted, password, ms, opening });
      rmSync(folder.firstPassword, { force: true });
    }
    await untilAsked();
    endBackups?.();
    if (!values.json) note("\nStopping: entries end, protective orders stay at the venue ...");
    await running.stop();
    return 0;
  } finally {
    release();
  }
}

/** The data folder, once it is known that it may be started, and the stores that it has from now on. */
async function opened(data: string, origin: Origin, shards: string | undefined) {
  await mustMayStart(data, process.env, wallClock());
  const folder = openFolder(data, origin, shards === undefined ? {} : { shards: Number(shards) });
  const stores = readStoreSettings(process.env, folder.path);
  rememberStores(folder.path, namesOf(stores), Date.now());
  return { folder, stores };
}

function leadOf({ processes, lead }: { processes: boolean; lead?: string | undefined }): number {
  return numberOption("lead", lead, { fallback: processes ? LEAD_S.processes : LEAD_S.one, min: 1, max: 3_600 });
}

function mustRunAtItsOwnTime(kind: ReturnType<typeof marketKind>, { speed, "as-recorded": isRecorded }: TimeOptions) {
  if (kind === "mirror" && speed !== undefined)
    throw new Error("A mirror runs at the exchange's own time: no --speed.");
  if (isRecorded && (kind !== "replay" || speed !== undefined)) {
    throw new Error("--as-recorded is for --market replay:FILE, at the speed it was recorded.");
  }
}
interface TimeOptions {
  speed?: string | undefined;
  "as-recorded": boolean;
}

interface PaperOptions {
  mode?: string | undefined;
  market?: string | undefined;
  history?: string | undefined;
  speed?: string | undefined;
  seed?: string | undefined;
}

/** Throws where an option of the paper venue is given for an exchange. */
function wantedMode({ mode: text, market, history, speed, seed }: PaperOptions): Mode {
  const mode = text === undefined ? modeOf(process.env) : choiceOption("mode", text, MODES);
  const isOfPaper = [market, history, speed, seed].some((each) => each !== undefined);
  if (mode === "paper" || !isOfPaper) return mode;
  throw new Error(
    `--market, --history, --speed and --seed are the paper venue's; in ${mode} mode the exchange decides.`,
  );
}

type Wanted = Omit<ProcessOptions, "changed"> & {
  seed: string | undefined;
  speed: number;
  history: string | undefined;
  /** How far clocks stand from the machine's, for a recording that is played as recorded. */
  recordedAheadMs: number | undefined;
};
interface Running {
  gateway: string;
  stop(): Promise<void>;
}

async function inOneProcess({
  market,
  isPaper,
  speed,
  seed,
  history,
  recordedAheadMs,
  ...rest
}: Wanted): Promise<Running> {
  const onError = (error: unknown) => note(`chimera: ${error instanceof Error ? error.stack : String(error)}`);
  const clock = wallClock(speed, onError, recordedAheadMs ?? (isPaper ? aheadMs(rest.folder.time, Date.now()) : 0));
  const random = seed === undefined ? systemRandom() : seededRandom(seed);
  const open = () => openMarket(market, { clock, random, prices: rest.folder.prices, history });
  const opened = isPaper ? await open() : undefined;
  return startInstallation({ ...rest, clock, market: opened });
}

/** One line per service as it comes up, or falls and is started again. */
function asProcesses(
  { seed, speed: _speed, history, recordedAheadMs, ...rest }: Wanted,
  quiet: boolean,
): Promise<Running> {
  const env = {
    ...rest.env,
    ...(seed !== undefined && { CHIMERA_SEED: seed }),
    ...(history !== undefined && { CHIMERA_HISTORY: history }),
    ...(recordedAheadMs !== undefined && { CHIMERA_CLOCK_AHEAD_MS: String(recordedAheadMs) }),
  };
  const changed = ({ name, status, pid, restarts, lastEnd }: ProgramState): void => {
    if (quiet || status === "starting" || status === "stopped") return;
    const light = status === "up" ? green("●") : yellow("●");
    const again = restarts > 0 ? dim(` restarted ${restarts}×`) : "";
    const why = status === "waiting" ? ` ${lastEnd?.split("\n")[0] ?? ""}` : "";
    print(`${light} ${name.padEnd(16)} ${status === "up" ? `pid ${pid}` : "ended, starting again"}${again}${dim(why)}`);
  };
  return startProcesses({ ...rest, env, changed });
}

/**
 * For a gateway that has never run and no password set from outside: one made by the machine's own chance. Until it
 * has been shown it is kept: a start that fails may have stored it already, and nobody would know it.
 */
function firstPassword(
  { stores, isNew, firstPassword: file }: DataFolder,
  { store }: Pick<StoreSettings, "store">,
): string | undefined {
  if (process.env.CHIMERA_ADMIN_PASSWORD !== undefined) return undefined;
  if (existsSync(file)) return readFileSync(file, "utf8");
  const hasRun = store === "sqlite" ? existsSync(join(stores, "s12.sqlite")) : !isNew;
  if (hasRun) return undefined;
  const made = Buffer.from(systemRandom().bytes(PASSWORD_BYTES)).toString("base64url");
  writeFileSync(file, made, { mode: 0o600 });
  return made;
}

interface Announced {
  folder: DataFolder;
  market: string;
  password: string | undefined;
  ms: number;
  opening: Awaited<ReturnType<typeof openingOf>>;
}

function announce(gateway: string, { folder, market, password, ms, opening }: Announced): void {
  const { mode, venue } = folder.origin;
  const word =
    password === undefined ? dim("  (the password you set)") : `  ${bold(password)}  ${dim("shown this once")}`;
  const where = mode === "paper" ? `on the paper venue, market ${bold(market)}` : `on ${venue}, ${bold(mode)}`;
  print(`${green("●")} ${bold("Chimera is trading")} ${where} ${dim(`(${ms} ms)`)}\n`);
  if (mode === "live") print(`  ${yellow("No entry goes out")} before ./chimera live arm --data ${folder.path}`);
  print(`  Look     ${bold(gateway)}`);
  if (opening) print(`  Open     ${bold(opening.url)}  ${dim("from other machines")}`);
  const certificate = opening?.certificate;
  if (certificate)
    print(`  TLS      ${certificate.isSelfSigned ? "self-signed, " : ""}SHA-256 ${certificate.fingerprint}`);
  if (certificate && certificate.endsAt < Date.now()) print(`           ${yellow("This certificate has ended.")}`);
  print(`  Sign in  admin${word}`);
  print(`  Data     ${folder.path}`);
  print(`  Stop     Ctrl-C, or ./chimera down\n`);
}

export const command: Command = { usage, run };
