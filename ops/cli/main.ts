/** The command line: `./chimera <command>`; every command has --help. */

import { Problem } from "../../shared/errors.ts";
import { withSecretFiles } from "../run/secret-files.ts";
import type { Command } from "./command.ts";
import { bold, dim, fail, note, print } from "./terminal.ts";

/** Loaded when asked for, so that `status` does not wait for what only `up` needs. */
const COMMANDS: Record<string, { summary: string; load(): Promise<{ command: Command }> }> = {
  up: { summary: "Start trading, on the paper venue or an exchange", load: () => import("./up.ts") },
  down: { summary: "Stop what `up` started", load: () => import("./down.ts") },
  restart: {
    summary: "Start services anew, one process after the other, while trading goes on",
    load: () => import("./restart.ts"),
  },
  status: { summary: "Is it running, is it healthy, what does it hold", load: () => import("./status.ts") },
  reconcile: {
    summary: "Compare our books with the exchange's, repair what differs",
    load: () => import("./reconcile.ts"),
  },
  doctor: {
    summary: "What is wrong with this machine or installation; may it go live",
    load: () => import("./doctor.ts"),
  },
  keys: { summary: "The exchange's key: set, show, remove", load: () => import("./keys.ts") },
  secrets: { summary: "Make the secrets of a new installation, for containers", load: () => import("./secrets.ts") },
  live: { summary: "Arm live trading, or end it", load: () => import("./live.ts") },
  replay: {
    summary: "Run recorded markets through the whole system, as fast as it goes",
    load: () => import("./replay.ts"),
  },
  backtest: {
    summary: "Try a bundle on recorded markets: figures, report, trades as CSV or Parquet",
    load: () => import("./backtest.ts"),
  },
  optimize: {
    summary: "Search parameters of a bundle on recorded markets, and say how much of the best is luck",
    load: () => import("./optimize.ts"),
  },
  experiment: {
    summary: "Experiments of the running installation: run, list, show, trials, cancel",
    load: () => import("./experiment.ts"),
  },
  worker: { summary: "Work trials of experiments that are queued, on this machine", load: () => import("./worker.ts") },
  hypothesis: {
    summary: "Statements that experiments can refute: record, list, show",
    load: () => import("./hypothesis.ts"),
  },
  config: {
    summary: "Bundles: lint, diff, export, draft, simulate, promote, watch, roll back",
    load: () => import("./config.ts"),
  },
  program: {
    summary: "Strategies written as TypeScript programs: register, list, show",
    load: () => import("./program.ts"),
  },
  model: { summary: "Models in ONNX that strategies may use: make, register, list", load: () => import("./model.ts") },
  data: {
    summary: "History of markets: import, download, list, verify, export, compare",
    load: () => import("./data.ts"),
  },
  init: {
    summary: "Make what ArangoDB and the S3 store need: collections, indexes, users, the bucket",
    load: () => import("./init.ts"),
  },
  migrate: {
    summary: "Carry all data to other stores and switch over: SQLite and folders, ArangoDB and S3",
    load: () => import("./migrate.ts"),
  },
  standby: { summary: "A second site that follows this one by its backups", load: () => import("./standby.ts") },
  "promote-site": {
    summary: "Make a standby the site that trades, once the old site's key is revoked",
    load: () => import("./promote-site.ts"),
  },
  venue: { summary: "Verify the paper venue's journal", load: () => import("./venue.ts") },
  treasury: {
    summary: "Move funds between the account's wallets: ask, list, approve",
    load: () => import("./treasury.ts"),
  },
  user: {
    summary: "Who may sign in: add, give roles, lock out, reset; or rescue the last admin",
    load: () => import("./user.ts"),
  },
  audit: { summary: "Prove that the audit log is whole and untouched; export it", load: () => import("./audit.ts") },
  backup: {
    summary: "All of an installation, encrypted, elsewhere: make, list, verify, prune",
    load: () => import("./backup.ts"),
  },
  restore: { summary: "Put an installation back from a backup", load: () => import("./restore.ts") },
  token: { summary: "A short-lived token for one service's own port", load: () => import("./token.ts") },
  test: { summary: "Install what the tests need and run them all", load: () => import("./test.ts") },
  drill: {
    summary: "Let things go wrong on purpose, at real durations, and see that all comes right again",
    load: () => import("./drill.ts"),
  },
  bench: { summary: "Run the benchmarks, each beside its reference", load: () => import("./bench.ts") },
};

function help(): void {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  print(`${bold("chimera")}: a self-hosted trading system for Binance spot and USDⓈ-M futures\n`);
  print("Usage: ./chimera <command> [options]\n");
  for (const [name, { summary }] of Object.entries(COMMANDS)) print(`  ${bold(name.padEnd(width))}  ${summary}`);
  print(`\n${dim("./chimera <command> --help tells more. Start with: ./chimera up")}`);
}

async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    help();
    return 0;
  }
  const entry = COMMANDS[name];
  if (!entry) {
    fail(`There is no command ${JSON.stringify(name)}. Known: ${Object.keys(COMMANDS).join(", ")}.`);
    return 2;
  }
  const env = withSecretFiles(process.env);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  const { command } = await entry.load();
  if (args.includes("--help") || args.includes("-h")) {
    print((await command.usageOf?.(args)) ?? command.usage);
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
  if (error instanceof Problem) for (const { field, message } of error.errors) note(`  ${field}: ${message}`);
  if (process.env.CHIMERA_DEBUG) console.error(error);
  process.exitCode = 1;
}
if (process.exitCode !== 0 || process.argv[2] !== "up") process.exit();
