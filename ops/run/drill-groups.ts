/** Runs the drills of a group one after another on one installation; one that failed is left, and the next begins anew. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { servicesReady, sleepingBundle } from "./account.fixture.ts";
import { type Outcome, READY_MS_MAX } from "./drill.ts";
import { type Happening, liveThrough } from "./exchange-drills.ts";
import { openFolder } from "./folder.ts";
import { judgeFolder } from "./judge.ts";
import { type Running, SOON_WELL, until, up } from "./process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const DISK_SIZE = "24m";
/** Invariant 9: so long after a fault's end no order is UNKNOWN. */
const UNKNOWN_MS_MAX = 60_000;

export interface GroupRun {
  /** Where installations are made. */
  folder: string;
  portOffset: number;
  /** Folders of drills that stood stay, too. */
  keep: boolean;
  begins(drill: Happening): void;
  ended(outcome: Outcome): void;
}

/** Never throws for what the drills bring to light. */
export async function runGroup(group: readonly Happening[], run: GroupRun): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < group.length; ) {
    const those = await runUntilOneFails(group.slice(at), join(run.folder, `${group[at]?.group}-from-${at + 1}`), run);
    outcomes.push(...those);
    at += those.length;
  }
  return outcomes;
}

async function runUntilOneFails(drills: readonly Happening[], data: string, run: GroupRun): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const end = (outcome: Outcome): void => {
    outcomes.push(outcome);
    run.ended(outcome);
  };
  const [first] = drills as [Happening];
  mkdirSync(data, { recursive: true });
  const disk = first.group === "full-disk" ? smallDisk(join(data, "stores")) : undefined;
  if (first.group === "full-disk" && !disk) {
    rmSync(data, { recursive: true });
    for (const { name } of drills) end({ name, violated: [], ok: true, skipped: "needs to mount a small disk: root" });
    return outcomes;
  }
  let running: Running | undefined;
  try {
    for (const drill of drills) {
      run.begins(drill);
      try {
        running ??= await started(data, drill, run.portOffset);
        end(await outcomeOf(drill, running));
      } catch (error) {
        end({ name: drill.name, violated: [], ok: false, error: messageOf(error) });
      }
      if (!outcomes.at(-1)?.ok) break;
    }
  } finally {
    await running?.stop();
  }
  await judgeAtTheEnd(data, outcomes);
  disk?.giveBack();
  if (outcomes.every(({ ok }) => ok) && !run.keep) rmSync(data, { recursive: true });
  return outcomes;
}

async function started(data: string, { name }: Happening, portOffset: number): Promise<Running> {
  const bundle = join(data, "sleeping.yaml");
  // With the shipped one, entries would wait five minutes for the breaker after each drill.
  writeFileSync(bundle, sleepingBundle());
  const running = await up(data, portOffset, ["--processes", "--seed", name, "--bundle", bundle], SOON_WELL);
  await until("all ready at first", () => servicesReady(running));
  return running;
}

async function outcomeOf(drill: Happening, running: Running): Promise<Outcome> {
  const { readyMs, knownMs, violated } = await liveThrough(running, drill);
  const ok = readyMs < READY_MS_MAX && knownMs < UNKNOWN_MS_MAX && violated.length === 0;
  return { name: drill.name, ready_ms: Math.round(readyMs), known_ms: Math.round(knownMs), violated, ok };
}

/** Once more when it has been stopped: what only then came to be written counts for the last one. */
async function judgeAtTheEnd(data: string, outcomes: Outcome[]): Promise<void> {
  const last = outcomes.at(-1);
  if (!last?.ok) return;
  const { violated } = await judgeFolder(openFolder(data, ORIGIN));
  if (violated.length > 0) Object.assign(last, { violated, ok: false });
}

/** A file system of its own at `path`; undefined where this user may not mount one. */
function smallDisk(path: string): { giveBack(): void } | undefined {
  mkdirSync(path, { recursive: true });
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_SIZE},mode=700`, "tmpfs", path]).status !== 0) return;
  return {
    giveBack() {
      // What lay on it goes with it: whoever looks into a failure wants to see it.
      cpSync(path, `${path}.kept`, { recursive: true });
      spawnSync("umount", [path]);
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
