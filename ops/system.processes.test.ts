import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entry, everyPositionProtected, nothingUnknown, openPositions, servicesReady } from "./run/account.fixture.ts";
import { openFolder } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { hasRedisServer } from "./run/own-redis.ts";
import { type Running, until, up } from "./run/process.fixture.ts";
import { PROCESSES_FILE } from "./run/processes.ts";
import type { ProgramState } from "./run/supervise.ts";

const here = hasRedisServer();
if (!here) console.log("skipped: needs redis-server");
const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const PORT_OFFSET = 24_000 + (process.pid % 300) * 20;
const INSTRUMENTS = ["FUT:BTCUSDT", "FUT:ETHUSDT"];

describe.skipIf(!here)("one process per service, on Redis", () => {
  const data = mkdtempSync(join(tmpdir(), "chimera-processes-"));
  let running: Running;
  beforeAll(async () => {
    running = await up(data, PORT_OFFSET, ["--processes", "--seed", "processes"]);
  }, 180_000);
  afterAll(async () => {
    await running.stop();
    rmSync(data, { recursive: true });
  }, 90_000);

  const states = () => JSON.parse(readFileSync(join(data, PROCESSES_FILE), "utf8")) as ProgramState[];
  const stateOf = (name: string) => states().find((state) => state.name === name) as ProgramState;
  const killed = async (name: string) => {
    const { pid, restarts } = stateOf(name);
    process.kill(pid as number, "SIGKILL");
    await until(`${name} runs again`, async () => stateOf(name).restarts > restarts && stateOf(name).status === "up");
  };

  test("comes up ready", async () => {
    await until("all ready", () => servicesReady(running));
    expect(states().every((state) => state.status === "up")).toBe(true);
  }, 120_000);

  for (const name of [
    "s04-router",
    "s01-exchange",
    "s06-position",
    "s03-strategy",
    "s02-feature",
    "s10-config",
    "redis",
  ]) {
    test(`${name} killed while orders are under way: nothing acknowledged is lost, all is ready again`, async () => {
      const intents = await Promise.all(INSTRUMENTS.map((i, leg) => entry(running, `${name}-${leg}`, i)));
      const answers = intents.map((intent) => running.post("/orders", { intent }).catch(() => "cut off"));
      await killed(name);
      await Promise.all(answers);
      await until("all ready", () => servicesReady(running));
      await until("every outcome known", () => nothingUnknown(running));
      await until("every position protected", () => everyPositionProtected(running));
    }, 180_000);
  }

  test("the supervisor itself killed: the next start ends what it left, and goes on", async () => {
    await running.kill();
    running = await up(data, PORT_OFFSET, ["--processes"]);
    await until("all ready", () => servicesReady(running));
    await until("every position protected", () => everyPositionProtected(running));
  }, 180_000);

  test("FLATTEN ends flat, and the books equal the venue's journal", async () => {
    await running.post("/kill-switch", { enable: true, mode: "FLATTEN", reason: "test" });
    await until("flat", async () => (await openPositions(running)).length === 0);
    await running.stop();
    const verdict = await judgeFolder(openFolder(data, ORIGIN));
    expect(verdict.violated).toEqual([]);
    running = await up(data, PORT_OFFSET, ["--processes"]);
    expect(await running.get("/kill-switch")).toMatchObject({ enabled: true, mode: "FLATTEN" });
  }, 180_000);
});
