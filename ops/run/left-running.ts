/** Processes of an installation that outlived whoever supervised them, as the data folder tells. */
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { ProgramState } from "./supervise.ts";

/** What the supervisor last saw of each process, in the data folder. */
export const PROCESSES_FILE = "processes.json";
export interface ProcessesSeen {
  redis_url: string;
  processes: ProgramState[];
}

/** Their numbers. */
export function leftRunning(folder: string): number[] {
  const file = join(folder, PROCESSES_FILE);
  if (!existsSync(file)) return [];
  const { processes } = JSON.parse(readFileSync(file, "utf8")) as ProcessesSeen;
  const all = processes.flatMap(({ pid, relief_pid, leaving_pid }) => [pid, relief_pid, leaving_pid]);
  return all.filter((pid) => pid !== undefined && isOf(pid, folder)) as number[];
}

/** True for a living process that was started on this folder: its number alone could be a stranger's by now. */
export function isOf(pid: number, folder: string): boolean {
  try {
    const about = (name: string) => readFileSync(`/proc/${pid}/${name}`, "utf8");
    const isAlive = !/^State:\s+Z/m.test(about("status"));
    // Ours have it in their environment; Redis overwrites its own, and works in a folder of ours.
    const isHere =
      about("environ").includes(`CHIMERA_DATA=${folder}`) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    return isAlive && isHere;
  } catch {
    return false;
  }
}
