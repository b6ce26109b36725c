/**
 * The drills: faults of Redis and of every service at real durations, each on an installation of its own with orders
 * under way, judged by how soon all is ready again and by the books against the venue's journal. Those of the exchange
 * and of stores share installations: `exchange-drills.ts`.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { loadServices } from "../services.ts";
import { asleep, asShipped, booksFlat, openPositions, servicesReady } from "./account.fixture.ts";
import { openFolder } from "./folder.ts";
import { judgeFolder } from "./judge.ts";
import { underTrouble } from "./ordeal.fixture.ts";
import { type Running, SOON_WELL, until, up } from "./process.fixture.ts";
import { everySignalDecided, rollingRestart } from "./rolling-restart.fixture.ts";
import { killed, redisTroubles, stopped } from "./troubles.fixture.ts";

/** All is ready again within this of a trouble's end; a kill ends at once. */
export const READY_MS_MAX = 30_000;
/** An entry whose outcome is unknown is settled, and a dead reader given up, well within this. */
const WAIT_MS = 120_000;
const REDIS_AWAY_MS = 30_000;
const PAUSED_MS = 30_000;
/** That long an entry may wait in a rolling restart. */
const PAUSED_MS_MAX = 30_000;
const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;

export interface Drill {
  name: string;
  /** A sentence. */
  what: string;
  /** A kill is over as soon as it is done: what follows is the recovery. */
  isKill: boolean;
  /** Its strategies trade. */
  isAwake?: boolean;
  /** Of `up`, besides the usual. */
  args?: readonly string[];
  happens(running: Running): Promise<void>;
}
export interface Outcome {
  name: string;
  /** Until all services were ready again; absent when they never were. */
  ready_ms?: number;
  /** Until no order's outcome was open. */
  known_ms?: number;
  /** What the books violate, by the venue's journal. */
  violated: string[];
  /** What did not come right. */
  error?: string;
  /** What this machine lacks for it: it has not been run. */
  skipped?: string;
  ok: boolean;
}

/** Every drill that has an installation of its own, in the order in which they run. */
export async function allDrills(): Promise<Drill[]> {
  const ofRedis = redisTroubles(REDIS_AWAY_MS).map(([what, happens]) => ({
    name: `redis-${what.replaceAll(/ for [\d.]+ s| from everybody| behind .*/g, "").replaceAll(" ", "-")}`,
    what: `Redis ${what}`,
    isKill: what === "killed" || what.startsWith("restarted"),
    happens,
  }));
  const ofServices = (await loadServices()).map(({ name }) => ({
    name: `kill-${name}`,
    what: `${name} killed`,
    isKill: true,
    happens: (running: Running) => killed(running, name),
  }));
  const ofReplicas = ["s03-strategy", "s04-router"].map((name) => ({
    name: `pause-${name}`,
    what: `one of two replicas of ${name} paused past its lease, for ${PAUSED_MS / 1_000} s`,
    isKill: false,
    args: ["--replicas", "s03=2,s04=2", "--shards", "4"],
    happens: (running: Running) => stopped(running, name, () => Bun.sleep(PAUSED_MS)),
  }));
  const rolling = {
    name: "rolling-restart",
    what: "every process started again, one after the other, while signals and orders go on",
    isKill: false,
    isAwake: true,
    args: ["--replicas", "s01=2,s02=2,s03=2,s04=2,s06=2,s10=2", "--shards", "4"],
    async happens(running: Running) {
      const { restarted, met } = await rollingRestart(running, { name: "rolling", instruments: ["SPOT:ETHUSDT"] });
      console.error(`    ${JSON.stringify({ processes: restarted.length, ...met })}`);
      if (met.longest_ms > PAUSED_MS_MAX) throw new Error(`an entry waited ${met.longest_ms} ms`);
      await everySignalDecided(running);
    },
  };
  return [...ofRedis, ...ofServices, ...ofReplicas, rolling];
}

/** Runs one drill in a new folder `data`; never throws for what the drill brings to light. */
export async function run(drill: Drill, data: string, portOffset: number): Promise<Outcome> {
  mkdirSync(data, { recursive: true });
  const bundle = join(data, "asleep.yaml");
  writeFileSync(bundle, drill.isAwake ? asShipped() : asleep());
  const usual = ["--processes", "--seed", drill.name];
  const outcome: Outcome = { name: drill.name, violated: [], ok: false };
  try {
    const running = await up(data, portOffset, [...usual, "--bundle", bundle, ...(drill.args ?? [])], SOON_WELL);
    try {
      outcome.ready_ms = await suffer(drill, running);
      await endFlat(running);
    } finally {
      await running.stop();
    }
    outcome.violated = (await judgeFolder(openFolder(data, ORIGIN))).violated;
  } catch (error) {
    outcome.error = error instanceof Error ? error.message : String(error);
  }
  const isReady = outcome.ready_ms !== undefined && outcome.ready_ms < READY_MS_MAX;
  return { ...outcome, ok: isReady && outcome.violated.length === 0 && outcome.error === undefined };
}

async function suffer({ name, isKill, happens }: Drill, running: Running): Promise<number> {
  const clock = wallClock();
  await until("all ready at first", () => servicesReady(running));
  let tookMs = 0;
  const timed = async () => {
    const from = clock.mono();
    await happens(running);
    tookMs = clock.mono() - from;
  };
  const readyMs = await underTrouble(running, { id: name, happens: timed, waitMs: WAIT_MS });
  return Math.round(isKill ? tookMs + readyMs : readyMs);
}

async function endFlat(running: Running): Promise<void> {
  await running.post("/kill-switch", { enable: true, mode: "FLATTEN", reason: "the drill ends" });
  await until("flat at the end", async () => (await openPositions(running)).length === 0, WAIT_MS);
  await until("our books flat at the end", () => booksFlat(running), WAIT_MS);
}
