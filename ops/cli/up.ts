/** `up`: the whole system in one process on the paper venue. */
import { readFileSync } from "node:fs";
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom, systemRandom } from "../../shared/adapters/random.ts";
import { openFolder, runningPid } from "../run/folder.ts";
import { type Installation, startInstallation } from "../run/installation.ts";
import type { Command } from "./command.ts";
import { openMarket } from "./market.ts";
import { DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { bold, dim, green, note, print } from "./terminal.ts";

const PASSWORD_BYTES = 12;

const usage = `Usage: ./chimera up [options]

Starts the paper venue and all services in one process, and says where to look. Ctrl-C, or ./chimera down, stops it.

  --market M      agents (default): a simulated market · replay:FILE[,FILE] · quiet: only what clients send
  --speed N       how fast time runs, 0.1 to 100 (default 1)
  --data DIR      where everything durable lies (default ${DEFAULT_DATA}); a folder belongs to one kind of market
  --bundle F      a config bundle (YAML or JSON) to trade by, instead of the one in force
  --seed N        the agents market's seed (default: a new one each start)
  --log LEVEL     debug, info (default), warn or error; lines go to DIR/logs/chimera.log
  --json          one JSON line when it is up, instead of text

CHIMERA_ADMIN_PASSWORD sets the first password; else one is made and shown once. CHIMERA_PORT_OFFSET moves all ports.`;

async function run(args: string[]): Promise<number> {
  const started = performance.now();
  const { values } = readOptions(args, {
    market: { type: "string", default: "agents" },
    speed: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
    bundle: { type: "string" },
    seed: { type: "string" },
    log: { type: "string", default: "info" },
    json: { type: "boolean", default: false },
  });
  const speed = numberOption("speed", values.speed, { fallback: 1, min: 0.1, max: 100 });
  const bundleText = values.bundle === undefined ? "" : readFileSync(values.bundle, "utf8");
  const kind = values.market.split(":")[0] as string;
  const folder = openFolder(values.data, { mode: "paper", venue: `paper-${kind}`, account: "main" });
  const running = runningPid(folder.pid);
  if (running !== undefined) throw new Error(`It is running already on ${folder.path} (process ${running}).`);

  const clock = wallClock(speed, (error) => note(`chimera: ${error instanceof Error ? error.stack : String(error)}`));
  const random = values.seed === undefined ? systemRandom() : seededRandom(values.seed);
  const given = process.env.CHIMERA_ADMIN_PASSWORD;
  const made =
    given === undefined && folder.isNew ? Buffer.from(random.bytes(PASSWORD_BYTES)).toString("base64url") : undefined;
  const installation = await startInstallation({
    clock,
    folder,
    market: await openMarket(values.market, { clock, random, prices: folder.prices }),
    portOffset: numberOption("port offset", process.env.CHIMERA_PORT_OFFSET, { fallback: 0, min: 0, max: 50_000 }),
    env: process.env,
    bundleText,
    adminPassword: given ?? made,
    logLevel: values.log,
  });
  const ms = Math.round(performance.now() - started);
  if (values.json) print(JSON.stringify({ up: true, gateway: installation.gateway, pid: process.pid, ms }));
  else announce(installation, { market: values.market, data: folder.path, password: made, ms });
  await untilAsked();
  if (!values.json) note("\nStopping: entries end, protective orders stay at the venue ...");
  await installation.stop();
  return 0;
}

function announce(
  { gateway }: Installation,
  { market, data, password, ms }: { market: string; data: string; password: string | undefined; ms: number },
): void {
  print(
    `${green("●")} ${bold("Chimera is trading")} on the paper venue, market ${bold(market)} ${dim(`(${ms} ms)`)}\n`,
  );
  print(`  Look     ${bold(gateway)}`);
  print(
    `  Sign in  admin${password === undefined ? dim("  (the password you set)") : `  ${bold(password)}  ${dim("shown this once")}`}`,
  );
  print(`  Data     ${data}`);
  print(`  Stop     Ctrl-C, or ./chimera down\n`);
}

const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });

export const command: Command = { usage, run };
