/** Every process of a running installation started again, one after the other, while orders and signals go on. */
import { join } from "node:path";
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { ROOT } from "../build.ts";
import { readAll } from "../sim/pages.ts";
import { openFolder, storeFiles } from "./folder.ts";
import { LiveView } from "./live-view.fixture.ts";
import { type Met, OrderLoad } from "./order-load.fixture.ts";
import { type Running, until } from "./process.fixture.ts";
import type { Restarted } from "./rolling.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const GATEWAY = 8092;
/** Trades before the first and after the last restart. */
const AROUND_MS = 1_500;
const HEARD_MS_MAX = 60_000;

export interface Rolled {
  restarted: Restarted[];
  met: Met;
  /** As somebody saw it who looked on all the time. */
  live: Awaited<ReturnType<LiveView["stop"]>>;
}

/** Restarts these services, all where none is named, with `./chimera restart`. Throws when it fails. */
export async function rollingRestart(
  running: Running,
  { name, services = [], instruments }: { name: string; services?: readonly string[]; instruments: readonly string[] },
): Promise<Rolled> {
  const view = new LiveView(running);
  const load = new OrderLoad(running, name);
  await load.start(instruments);
  await Bun.sleep(AROUND_MS);
  const command = [process.execPath, join(ROOT, "ops/cli/main.ts"), "restart", "--json", "--data", running.data];
  const portOffset = Number(new URL(running.gateway).port) - GATEWAY;
  const child = Bun.spawn([...command, ...services], {
    env: { ...process.env, CHIMERA_PORT_OFFSET: String(portOffset) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [said, why] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await Bun.sleep(AROUND_MS);
  const met = await load.stop();
  // What never comes is for whoever asked to judge.
  await until(
    "who looks on has heard of all",
    async () => view.hasHeardOf(met.entries + met.exits),
    HEARD_MS_MAX,
  ).catch(() => undefined);
  const live = await view.stop();
  if ((await child.exited) !== 0) throw new Error(`restart: ${why}`);
  return { ...(JSON.parse(said) as { restarted: Restarted[] }), met, live };
}

/** Waits until each signal has its decision; of one there can be no two, being filed by the signal. */
export async function everySignalDecided({ data }: Running): Promise<void> {
  const folder = openFolder(data, ORIGIN);
  const store = openReadOnly({ owner: "s06", collections: COLLECTIONS, files: (owner) => storeFiles(folder, owner) });
  try {
    let undecided = new Set((await readAll(store, signalsSeen)).map(({ signal_id }) => signal_id));
    await until(
      "every signal is decided",
      async () => {
        const decided = new Set((await readAll(store, decisionsMade)).map(({ signal_id }) => signal_id));
        undecided = undecided.difference(decided);
        if (undecided.size > 0) throw new Error(`${undecided.size} signals, such as ${[...undecided][0]}`);
        return true;
      },
      20_000,
    );
  } finally {
    await store.close();
  }
}
