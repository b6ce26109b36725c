/** `down`: asks the running process of a data folder to stop in order, and waits until it has. */
import { join, resolve } from "node:path";
import { runningPid } from "../run/folder.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { fail, print } from "./terminal.ts";

const WAIT_MS_MAX = 20_000;
const POLL_MS = 50;

const usage = `Usage: ./chimera down [--data DIR]

Stops what ./chimera up started on this data folder (default ${DEFAULT_DATA}). Positions stay as they are: their
protective orders rest at the venue.`;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, { data: { type: "string", default: DEFAULT_DATA } });
  const file = join(resolve(values.data), "chimera.pid");
  const pid = runningPid(file);
  if (pid === undefined) {
    print(`Nothing runs on ${resolve(values.data)}.`);
    return 0;
  }
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < WAIT_MS_MAX; waited += POLL_MS) {
    await Bun.sleep(POLL_MS);
    if (runningPid(file) === undefined) {
      print("Stopped.");
      return 0;
    }
  }
  fail(`Process ${pid} is still stopping after ${WAIT_MS_MAX / 1000} s; its log is in ${resolve(values.data)}/logs.`);
  return 1;
}

export const command: Command = { usage, run };
