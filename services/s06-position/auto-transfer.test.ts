import { afterEach, describe, expect, test } from "bun:test";
import { autoTransfers } from "../../shared/collections/trades.ts";
import { Problem } from "../../shared/errors.ts";
import { revisionWith, World } from "./world.fixture.ts";

let world: World;
afterEach(() => world.close());

const TREASURY = { auto_transfer: true, min_free_fut_usdt: "100", spot_buffer_usdt: "50", cooldown_ms: 60_000 };
interface Wallets {
  fut?: string;
  spot?: string;
  treasury?: object;
}
/** What the gateway was asked. */
let asked: unknown[] = [];

async function begin({ fut = "80.5", spot = "500", treasury = {} }: Wallets = {}): Promise<void> {
  asked = [];
  world = new World();
  world.active = revisionWith(1, { treasury: { ...TREASURY, ...treasury } });
  Object.assign(world.free, { FUT: fut, SPOT: spot });
  answers({ status: "OK" });
  world.boot();
  await world.start();
}
/** From now on the gateway says this; an error is thrown. */
function answers(say: { status: "OK" | "FAIL" | "PENDING_APPROVAL" | "UNKNOWN"; message?: string } | Problem): void {
  world.gateway = async (transfer) => {
    asked.push(transfer);
    if (say instanceof Problem) throw say;
    return { transfer_id: transfer.transfer_id, ...say };
  };
}
const trigger = (trigger_id: string) =>
  world.positions.autoTransfers.trigger({ trigger_id, reason: "test", actor: "ann" });
const round = () => world.positions.autoTransfers.round();
const records = async () => (await world.store.query(autoTransfers, { limit: 100 })).items.map((row) => row.value);
const audits = async () =>
  (await world.store.outbox.read(100)).filter((e) => e.family === "ops:events").map((e) => e.event);

describe("asked for by a person", () => {
  test("moves what is missing, once per trigger, and says who asked", async () => {
    await begin();
    const first = await trigger("t1");
    expect(first).toMatchObject({ status: "OK", need_usdt: "19.5" });
    expect(await trigger("t1")).toEqual(first);
    expect(asked).toEqual([
      {
        ...{ transfer_id: first.transfer_id, account: "main", from: "SPOT", to: "FUT", amount_usdt: "19.5" },
        reason: "test",
      },
    ]);
    expect(await audits()).toMatchObject([
      { actor: "ann", what: "treasury.auto_transfer", ref: "t1", outcome: "UNKNOWN" },
      { actor: "s06", ref: "t1", outcome: "OK" },
    ]);
  });

  test.each([
    ["nothing is missing", { fut: "100" }, { status: "NOT_NEEDED", need_usdt: "0" }],
    ["spot must keep its buffer", { spot: "69.49" }, { status: "FAIL", need_usdt: "19.5" }],
  ])("%s: nobody is asked", async (_what, wallets, expected) => {
    await begin(wallets);
    const answer = await trigger("t1");
    expect(answer).toMatchObject(expected as never);
    expect(answer.transfer_id).toBeUndefined();
    expect(asked).toEqual([]);
    // What moved nothing keeps nobody waiting.
    Object.assign(world.free, { FUT: "90", SPOT: "500" });
    expect(await trigger("t2")).toMatchObject({ status: "OK", need_usdt: "10" });
  });

  test("is refused while disabled, while another is under way, and within the cool-down", async () => {
    await begin({ treasury: { auto_transfer: false } });
    await expect(trigger("t1")).rejects.toMatchObject({
      code: "WRONG_STATE",
      message: expect.stringContaining("disabled"),
    });
    await world.close();
    await begin();
    answers({ status: "PENDING_APPROVAL" });
    expect(await trigger("t1")).toMatchObject({ status: "PENDING_APPROVAL" });
    await expect(trigger("t2")).rejects.toMatchObject({
      code: "WRONG_STATE",
      message: expect.stringContaining("PENDING_APPROVAL"),
    });
    answers({ status: "FAIL", message: "refused by bob" });
    expect(await trigger("t1")).toMatchObject({ status: "FAIL", message: "refused by bob" });
    await expect(trigger("t2")).rejects.toMatchObject({ message: expect.stringContaining("60 s") });
    await world.pass(60_000);
    answers({ status: "OK" });
    expect(await trigger("t2")).toMatchObject({ status: "OK" });
  });

  test("two at the same moment are one look after the other", async () => {
    await begin();
    const both = await Promise.allSettled([trigger("t1"), trigger("t2")]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(asked).toHaveLength(1);
  });

  test("what the gateway refuses for good has failed", async () => {
    await begin();
    answers(new Problem("RULE", "More than 5000 USDT at once is not moved."));
    expect(await trigger("t1")).toMatchObject({ status: "FAIL", message: "More than 5000 USDT at once is not moved." });
  });

  test.each(["UNAUTHENTICATED", "CONFLICT", "STILL_RUNNING"] as const)(
    "%s says nothing of what was asked",
    async (code) => {
      await begin();
      answers({ status: "PENDING_APPROVAL" });
      await trigger("t1");
      answers(new Problem(code, "not now"));
      expect(await trigger("t1")).toMatchObject({ status: "PENDING_APPROVAL" });
      answers({ status: "OK" });
      expect(await trigger("t1")).toMatchObject({ status: "OK" });
    },
  );
});

describe("by itself", () => {
  test("whatever name somebody else's look has taken, its own looks go on", async () => {
    await begin({ fut: "100" });
    expect(await trigger("auto-2")).toMatchObject({ status: "NOT_NEEDED" });
    Object.assign(world.free, { FUT: "20" });
    await round();
    expect(asked).toHaveLength(1);
  });

  test("looks, asks, follows to the end, and begins again after the cool-down", async () => {
    await begin();
    answers({ status: "PENDING_APPROVAL" });
    await round();
    await round();
    expect(await records()).toMatchObject([{ trigger_id: "auto-1", status: "PENDING_APPROVAL", need_usdt: "19.5" }]);
    answers({ status: "OK" });
    await round();
    await round();
    expect((await records()).map(({ status }) => status)).toEqual(["OK"]);
    await world.pass(60_000);
    await round();
    expect((await records()).map(({ trigger_id, status }) => [trigger_id, status])).toEqual([
      ["auto-1", "OK"],
      ["auto-2", "OK"],
    ]);
    expect(new Set(asked.map((transfer) => (transfer as { transfer_id: string }).transfer_id)).size).toBe(2);
  });

  test.each([
    ["disabled", { treasury: { auto_transfer: false } }, 0],
    ["nothing is missing", { fut: "100" }, 0],
    ["spot cannot spare it", { spot: "60" }, 1],
  ])("%s: leaves no record", async (_what, wallets, alerts) => {
    await begin(wallets);
    await round();
    expect([await records(), asked]).toEqual([[], []]);
    expect(world.alerts.filter((alert) => alert.startsWith("TOP_UP_SHORT"))).toHaveLength(alerts);
  });

  test.each([
    ["before the gateway heard of it", new Problem("UNAVAILABLE", "away")],
    ["while nobody knows what became of it", new Problem("TIMEOUT", "late")],
  ])("a crash %s ends in the same transfer", async (_what, problem) => {
    await begin();
    answers(problem);
    await round();
    expect(await records()).toMatchObject([{ status: "UNKNOWN" }]);
    world.boot();
    await world.start();
    Object.assign(world.free, { FUT: "20" });
    answers({ status: "OK" });
    await round();
    expect(await records()).toMatchObject([{ trigger_id: "auto-1", status: "OK", need_usdt: "19.5" }]);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual(asked[1]);
  });
});
