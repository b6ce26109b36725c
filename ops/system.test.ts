import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../shared/adapters/random.ts";
import {
  entry,
  everyPositionProtected,
  nothingUnknown,
  openOrders,
  openPositions,
  servicesReady,
} from "./run/account.fixture.ts";
import { openFolder } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { type Running, until, up } from "./run/process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** Away from where a person's installation listens, and below the ports that outgoing connections take. */
const PORT_OFFSET = 2_000 + (process.pid % 300) * 20;
const ROUNDS = 3;

const data = mkdtempSync(join(tmpdir(), "chimera-system-"));
let running: Running;
beforeAll(async () => {
  running = await up(data, PORT_OFFSET, ["--seed", "system"]);
}, 900_000);
afterAll(async () => {
  await running.stop();
  rmSync(data, { recursive: true });
}, 900_000);

describe("a real process", () => {
  test("is ready with all its services", async () => {
    await until("all ready", () => servicesReady(running));
  }, 900_000);

  test("kill -9 at any moment loses nothing acknowledged, doubles nothing, leaves nothing unprotected", async () => {
    const random = seededRandom("moments");
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const asked = await Promise.all(
        ["FUT:BTCUSDT", "FUT:ETHUSDT"].map((instrument, leg) => entry(running, `round-${round}-${leg}`, instrument)),
      );
      const answers = asked.map((intent) =>
        running
          .post<{ intent_id: string }>("/orders", { intent })
          .then(({ status }) => void (status < 300 && acknowledged.push(intent.intent_id)))
          .catch(() => "cut off by the kill"),
      );
      await Bun.sleep(random.int(120));
      await running.kill();
      await Promise.all(answers);

      running = await up(data, PORT_OFFSET, ["--seed", `system ${round}`]);
      await until("all ready after kill -9", () => servicesReady(running));
      await until("every position protected", () => everyPositionProtected(running));
      // The same intent again has the same answer, or is taken for the first time: never a second order.
      for (const intent of asked) await running.post("/orders", { intent });
      await until("every outcome known", () => nothingUnknown(running));
    }
    for (const id of acknowledged) {
      const { intent } = await running.get<{ intent: { intent_id: string } }>(`/intents/${id}`);
      expect(intent.intent_id).toBe(id);
    }
    await until("every position protected", () => everyPositionProtected(running));
  }, 900_000);

  test("the kill switch lets no entry through and FLATTEN ends flat, also across a restart", async () => {
    const on = await running.post<{ epoch: number }>("/kill-switch", { enable: true, mode: "FLATTEN", reason: "test" });
    expect([200, 202]).toContain(on.status);
    await until("flat", async () => (await openPositions(running)).length === 0);
    const refused = await running.post<{ code: string }>("/orders", {
      intent: await entry(running, "while-off", "FUT:BTCUSDT"),
    });
    expect([refused.status, refused.body.code]).toEqual([409, "KILL_SWITCH"]);

    await running.kill();
    running = await up(data, PORT_OFFSET, ["--seed", "after the kill switch"]);
    await until("all ready", () => servicesReady(running));
    expect(await running.get("/kill-switch")).toMatchObject({ enabled: true, mode: "FLATTEN", epoch: on.body.epoch });
    const again = await running.post<{ code: string }>("/orders", {
      intent: await entry(running, "still-off", "FUT:BTCUSDT"),
    });
    expect([again.status, again.body.code]).toEqual([409, "KILL_SWITCH"]);
    await until("no resting order without a position", async () =>
      (await openOrders(running)).every((order) => !order.instrument.startsWith("FUT:")),
    );
  }, 900_000);

  test("its books equal the venue's journal when it has stopped", async () => {
    await running.stop();
    const verdict = await judgeFolder(openFolder(data, ORIGIN));
    expect(verdict.violated).toEqual([]);
    expect(verdict.checked).toBeGreaterThan(20);
    running = await up(data, PORT_OFFSET, ["--seed", "last"]);
  }, 900_000);

  test("the folder refuses another kind of market, and a second process", async () => {
    await expect(up(data, PORT_OFFSET + 13, ["--market", "quiet"])).rejects.toThrow("belongs to venue");
    await expect(up(data, PORT_OFFSET + 13)).rejects.toThrow("running already");
  }, 900_000);
});
