import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../shared/adapters/random.ts";
import { dec } from "../shared/domain/money.ts";
import { openFolder } from "./run/folder.ts";
import { judgeFolder } from "./run/judge.ts";
import { type Running, until, up } from "./run/process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** Away from where a person's installation listens. */
const PORT_OFFSET = 20_000 + (process.pid % 1_000) * 20;
const ROUNDS = 3;

interface Position {
  instrument: string;
  qty: string;
}
interface OpenOrder {
  instrument: string;
  client_order_id: string;
  type: string;
  qty: string;
  reduce_only: boolean;
}
interface Items<T> {
  items: T[];
}

const data = mkdtempSync(join(tmpdir(), "chimera-system-"));
let running: Running;
beforeAll(async () => {
  running = await up(data, PORT_OFFSET, ["--seed", "system"]);
}, 120_000);
afterAll(async () => {
  await running.stop();
  rmSync(data, { recursive: true });
}, 60_000);

const positions = async () =>
  (await running.get<Items<Position>>("/xchg/positions")).items.filter((p) => dec(p.qty) !== 0n);
const allReady = async () => (await running.get<Items<{ ready: boolean }>>("/services")).items.every((s) => s.ready);

/** A market entry of about 150 USDT with its stop far away and its target farther. */
async function entry(intent_id: string, instrument: string) {
  const { items } = await running.get<Items<{ close: string }>>(
    `/xchg/history?instrument=${instrument}&timeframe=1m&limit=1`,
  );
  const last = Number(items.at(-1)?.close);
  const price = (factor: number) => ({ price: (Math.round(last * factor * 10) / 10).toFixed(1) });
  const about = { kind: "ENTRY", side: "BUY", notional_usdt: "150", leverage: 20 };
  return { intent_id, instrument, ...about, stop_loss: price(0.95), take_profit: price(1.05) };
}

/** Every open position has a stop at the venue that covers it. */
async function allProtected(): Promise<boolean> {
  const orders = (await running.get<Items<OpenOrder>>("/xchg/open-orders")).items;
  return (await positions()).every(({ instrument, qty }) => {
    const stops = orders.filter((o) => o.instrument === instrument && o.type === "STOP_MARKET" && o.reduce_only);
    const size = dec(qty) < 0n ? -dec(qty) : dec(qty);
    return stops.some((stop) => dec(stop.qty) >= size);
  });
}

const nothingUnknown = async () =>
  (await running.get<Items<{ status: string }>>("/orders?limit=200")).items.every(
    (order) => order.status !== "UNKNOWN",
  );

describe("a real process", () => {
  test("is ready with all its services", async () => {
    await until("all ready", allReady);
  }, 90_000);

  test("kill -9 at any moment loses nothing acknowledged, doubles nothing, leaves nothing unprotected", async () => {
    const random = seededRandom("moments");
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const asked = await Promise.all(
        ["FUT:BTCUSDT", "FUT:ETHUSDT"].map((instrument, leg) => entry(`round-${round}-${leg}`, instrument)),
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
      await until("all ready after kill -9", allReady);
      await until("every position protected", allProtected);
      // The same intent again has the same answer, or is taken for the first time: never a second order.
      for (const intent of asked) await running.post("/orders", { intent });
      await until("every outcome known", nothingUnknown);
    }
    for (const id of acknowledged) {
      const { intent } = await running.get<{ intent: { intent_id: string } }>(`/intents/${id}`);
      expect(intent.intent_id).toBe(id);
    }
    await until("every position protected", allProtected);
  }, 240_000);

  test("the kill switch lets no entry through and FLATTEN ends flat, also across a restart", async () => {
    const on = await running.post<{ epoch: number }>("/kill-switch", { enable: true, mode: "FLATTEN", reason: "test" });
    expect([200, 202]).toContain(on.status);
    await until("flat", async () => (await positions()).length === 0);
    const refused = await running.post<{ code: string }>("/orders", {
      intent: await entry("while-off", "FUT:BTCUSDT"),
    });
    expect([refused.status, refused.body.code]).toEqual([409, "KILL_SWITCH"]);

    await running.kill();
    running = await up(data, PORT_OFFSET, ["--seed", "after the kill switch"]);
    await until("all ready", allReady);
    expect(await running.get("/kill-switch")).toMatchObject({ enabled: true, mode: "FLATTEN", epoch: on.body.epoch });
    const again = await running.post<{ code: string }>("/orders", { intent: await entry("still-off", "FUT:BTCUSDT") });
    expect([again.status, again.body.code]).toEqual([409, "KILL_SWITCH"]);
    await until("no resting order without a position", async () => {
      const { items } = await running.get<Items<OpenOrder>>("/xchg/open-orders");
      return items.filter((order) => order.instrument.startsWith("FUT:")).length === 0;
    });
  }, 240_000);

  test("its books equal the venue's journal when it has stopped", async () => {
    await running.stop();
    const verdict = await judgeFolder(openFolder(data, ORIGIN));
    expect(verdict.violated).toEqual([]);
    expect(verdict.checked).toBeGreaterThan(20);
    running = await up(data, PORT_OFFSET, ["--seed", "last"]);
  }, 120_000);

  test("the folder refuses another kind of market, and a second process", async () => {
    await expect(up(data, PORT_OFFSET + 13, ["--market", "quiet"])).rejects.toThrow("belongs to venue");
    await expect(up(data, PORT_OFFSET + 13)).rejects.toThrow("running already");
  }, 60_000);
});
