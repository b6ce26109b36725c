import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckResult } from "../shared/kit/health.ts";
import {
  entry,
  everyPositionKnown,
  everyPositionProtected,
  openPositions,
  servicesReady,
  sleepingBundle,
} from "./run/account.fixture.ts";
import { openFolder } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { transferDespite } from "./run/more-troubles.fixture.ts";
import { underTrouble } from "./run/ordeal.fixture.ts";
import { hasRedisServer } from "./run/own-redis.ts";
import { type Running, until, up } from "./run/process.fixture.ts";
import { killed, programs, redisTroubles, stopped } from "./run/troubles.fixture.ts";

const here = hasRedisServer();
if (!here) console.log("skipped: needs redis-server");
const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const PORT_OFFSET = 8_200 + (process.pid % 300) * 20;
const REDIS_AWAY_MS = 3_000;

const data = mkdtempSync(join(tmpdir(), "chimera-processes-"));
const bundle = join(data, "sleeping.yaml");
writeFileSync(bundle, sleepingBundle());
const ARGS = ["--processes", "--bundle", bundle];
let running: Running;
const suffered = async (id: string, happens: () => Promise<void>): Promise<void> =>
  void (await underTrouble(running, { id, happens }));

/** On a busy machine health is not GREEN, and entries go in slices: an exit is to be of all of them. */
const isDone = async (running: Running, intent_id: string): Promise<boolean> =>
  (await running.get<{ intent: { state: string } }>(`/intents/${intent_id}`)).intent.state === "DONE";

async function isWithoutBus(): Promise<boolean> {
  const { checks } = await running.get<{ checks: CheckResult[] }>("/services/s04/health");
  return checks.some(({ name, status, critical }) => name === "bus" && status === "FAILED" && !critical);
}

describe.skipIf(!here)("one process per service, on Redis", () => {
  beforeAll(async () => {
    running = await up(data, PORT_OFFSET, [...ARGS, "--seed", "processes"]);
  }, 900_000);
  afterAll(async () => {
    await running.stop();
    rmSync(data, { recursive: true });
  }, 900_000);

  test("comes up ready", async () => {
    await until("all ready", () => servicesReady(running));
    expect(programs(running).every((state) => state.status === "up")).toBe(true);
  }, 900_000);

  for (const name of ["s04-router", "s01-exchange", "s06-position", "s03-strategy", "s02-feature", "s10-config"]) {
    const title = `${name} killed while orders are under way: nothing acknowledged is lost, all is ready again`;
    test(title, () => suffered(name, () => killed(running, name)), 900_000);
  }

  // That it was made once is judged with all the rest, by the venue's journal.
  for (const name of ["s12-gateway", "s01-exchange"]) {
    test(
      `${name} killed in a transfer: it is made`,
      () => transferDespite(running, () => killed(running, name)),
      900_000,
    );
  }

  for (const [what, happens] of redisTroubles(REDIS_AWAY_MS)) {
    const title = `Redis ${what} while orders are under way: nothing is lost or doubled, all is ready again`;
    test(title, () => suffered(what.replaceAll(/[^a-z0-9]+/g, "-"), () => happens(running)), 900_000);
  }

  test("while Redis is stopped entries are refused with the reason, and exits go on", async () => {
    const before = await entry(running, "before-the-silence", "FUT:BTCUSDT");
    await until("flat", async () => {
      await running.post("/positions/flatten", { reason: "from flat", instruments: [before.instrument] });
      return (await openPositions(running)).every(({ instrument }) => instrument !== before.instrument);
    });
    let asked = 0;
    let entered = "";
    await until("entered", async () => {
      entered = `${before.intent_id}-${asked++}`;
      const { status, body } = await running.post<object>("/orders", { intent: { ...before, intent_id: entered } });
      if (status >= 300) throw new Error(JSON.stringify(body));
      return true;
    });
    await until("entered whole", () => isDone(running, entered));
    await until("held", () => everyPositionKnown(running));
    const held = (await openPositions(running)).find(({ instrument }) => instrument === before.instrument);
    const about = { kind: "EXIT", side: "SELL", qty: held?.qty, reduce_only: true };
    const exit = { intent_id: "in-the-silence", instrument: before.instrument, ...about };
    const during = { ...(await entry(running, "x", "FUT:ETHUSDT")) };
    await stopped(running, "redis", async () => {
      let nth = 0;
      await until("entries are refused", async () => {
        const intent = { ...during, intent_id: `during-${nth++}` };
        const { status, body } = await running.post<{ code: string; detail: string }>("/orders", { intent });
        return status === 503 && body.detail.startsWith("no entries now: ");
      });
      await until("the exit is taken", async () => (await running.post("/orders", { intent: exit })).status < 300);
      await until("out of it", async () =>
        (await openPositions(running)).every(({ instrument }) => instrument !== before.instrument),
      );
      await until("the router knows of it, and does not mind", isWithoutBus);
    });
    await until("entries are taken again", async () => {
      const intent = { ...during, intent_id: `after-${Date.now()}` };
      return (await running.post("/orders", { intent })).status < 300;
    });
    await until("all known", () => everyPositionKnown(running));
  }, 900_000);

  test("the supervisor itself killed: the next start ends what it left, and goes on", async () => {
    const left = programs(running).flatMap(({ pid }) => pid ?? []);
    await running.kill();
    running = await up(data, PORT_OFFSET, ARGS);
    // A process that has ended has no working folder, whether or not anybody has collected it.
    const isAlive = (pid: number) => existsSync(`/proc/${pid}/cwd`);
    expect(left.filter(isAlive)).toEqual([]);
    await until("all ready", () => servicesReady(running));
    await until("every position protected", () => everyPositionProtected(running));
  }, 900_000);

  test("FLATTEN ends flat, and the books equal the venue's journal", async () => {
    await running.post("/kill-switch", { enable: true, mode: "FLATTEN", reason: "test" });
    await until("flat", async () => (await openPositions(running)).length === 0);
    await running.stop();
    const verdict = await judgeFolder(openFolder(data, ORIGIN));
    expect(verdict.violated).toEqual([]);
    running = await up(data, PORT_OFFSET, ARGS);
    expect(await running.get("/kill-switch")).toMatchObject({ enabled: true, mode: "FLATTEN" });
  }, 900_000);
});
