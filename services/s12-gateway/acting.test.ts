import { afterEach, describe, expect, test } from "bun:test";
import type { Step } from "../../ops/sim/lives.ts";
import { auditLog } from "../../shared/collections/people.ts";
import {
  activeRev,
  approve,
  approving,
  asked,
  change,
  drafted,
  openForTwo,
  say,
  stop,
  userOf,
} from "./acts.fixture.ts";
import { kept, sim } from "./treasury.fixture.ts";

afterEach(stop);

const DOWN_MS = 500;
const CARRIED_ON_MS = 12_000;

/** Ends S12 at the first step that is one of those, before or after it. */
function killAt(isIt: (step: Step) => boolean, when: Step["when"]): () => boolean {
  let isDead = false;
  sim.onStep((step) => {
    if (isDead || step.when !== when || !isIt(step)) return;
    isDead = true;
    sim.kill(["s12"], DOWN_MS);
  });
  return () => isDead;
}
/** A commit of S12 with an approval in that state. */
const recording = (state: string, field?: string) => (step: Step) =>
  step.by === "s12" &&
  step.port === "commit" &&
  step.ops.some((op) => {
    if (op.op !== "put" || op.collection.name !== "approvals") return false;
    const value = op.value as Record<string, unknown>;
    return value.state === state && (field === undefined || value[field] !== undefined);
  });
const activating = (step: Step) =>
  step.by === "s10" &&
  step.port === "commit" &&
  step.ops.some((op) => op.op === "put" && op.collection.name === "config_active");

describe("S12 killed at any step", () => {
  const steps: [string, (step: Step) => boolean][] = [
    ["the approval", recording("APPROVED")],
    ["the record that it starts", recording("APPROVED", "started_at")],
    ["S10's activation", activating],
    ["the record that it is done", recording("DONE")],
  ];
  const rows = steps.flatMap(([what, isIt]) => (["before", "after"] as const).map((when) => ({ what, when, isIt })));
  test.each(rows)(
    "$when $what: what S10 is asked for is done once",
    async ({ isIt, when }) => {
      const who = await openForTwo({}, true);
      const before = await activeRev(who.rita);
      const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
      const isDead = killAt(isIt, when);
      void approving(promotion, who.ruth).catch(() => {});
      await sim.advance(CARRIED_ON_MS);
      expect(isDead()).toBe(true);
      if ((await kept(promotion.approval_id))?.state === "PENDING") await approve(promotion, who.ruth);
      await sim.advance(CARRIED_ON_MS);
      expect((await kept(promotion.approval_id))?.state).toBe("DONE");
      expect(await activeRev(who.rita)).toBe(before + 1);
    },
    30_000,
  );

  const own: [string, (step: Step) => boolean][] = [
    ["the approval", recording("APPROVED")],
    ["the change with its record", recording("DONE")],
  ];
  const ownRows = own.flatMap(([what, isIt]) => (["before", "after"] as const).map((when) => ({ what, when, isIt })));
  test.each(ownRows)(
    "$when $what: what it does itself is done once",
    async ({ isIt, when }) => {
      const who = await openForTwo({}, true);
      const role = await asked("POST /users/tom/role", who.ada, { role: "risk" });
      const isDead = killAt(isIt, when);
      void approving(role, who.abe).catch(() => {});
      await sim.advance(CARRIED_ON_MS);
      expect(isDead()).toBe(true);
      if ((await kept(role.approval_id))?.state === "PENDING") await approve(role, who.abe);
      await sim.advance(CARRIED_ON_MS);
      expect((await kept(role.approval_id))?.state).toBe("DONE");
      expect(await userOf("tom")).toMatchObject({ role: "risk", generation: 2 });
      const changes = (await sim.world.store("s12").query(auditLog, { where: { what: "user.role" }, limit: 10 })).items;
      expect(changes).toHaveLength(1);
    },
    30_000,
  );

  test("after the kill switch was turned off, and somebody turned it on again meanwhile: it stays on", async () => {
    const who = await openForTwo({}, true);
    await say("POST /kill-switch", who.tom, { enable: true, reason: "first" });
    const off = await asked("POST /kill-switch", who.rita, { enable: false, reason: "over" });
    const isDead = killAt(recording("DONE"), "after");
    void approving(off, who.ruth).catch(() => {});
    await sim.advance(2_000);
    expect(isDead()).toBe(true);
    expect((await say("POST /kill-switch", who.tom, { enable: true, reason: "second" })).body.enabled).toBe(true);
    await sim.advance(CARRIED_ON_MS);
    expect((await kept(off.approval_id))?.state).toBe("DONE");
    expect((await say("GET /kill-switch", who.tom)).body).toMatchObject({ enabled: true, reason: "second" });
  });
});

describe("the service whose work it is", () => {
  test("is away: it is tried again, in the name of who may still ask for it", async () => {
    const who = await openForTwo({}, true);
    const before = await activeRev(who.rita);
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    sim.kill(["s10"], 20_000);
    const waiting = await approve(promotion, who.ruth);
    expect([waiting.status, waiting.body.state]).toEqual([202, "APPROVED"]);
    await sim.advance(30_000);
    expect((await kept(promotion.approval_id))?.state).toBe("DONE");
    expect(await activeRev(who.rita)).toBe(before + 1);
  });

  test("is away, and who asked is demoted: it is not done, and may have been is what it says", async () => {
    const who = await openForTwo({}, true);
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    sim.kill(["s10"], 20_000);
    await approve(promotion, who.ruth);
    await change("rita", { role: "viewer" });
    await sim.advance(30_000);
    const outcome = "rita may not do this any more. It may have been done before that.";
    expect(await kept(promotion.approval_id)).toMatchObject({ state: "FAILED", outcome });
  });

  test("is away for a quarter of an hour: it is not done any more", async () => {
    const who = await openForTwo({}, true);
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    sim.kill(["s10"], 16 * 60_000);
    await approve(promotion, who.ruth);
    await sim.advance(17 * 60_000);
    expect((await kept(promotion.approval_id))?.state).toBe("FAILED");
  }, 300_000);

  test("says no by then: that is what came of it", async () => {
    const who = await openForTwo();
    const draft = await drafted(who.rita);
    const [first, second] = [
      await asked("POST /promote", who.rita, draft),
      await asked("POST /promote", who.ada, draft),
    ];
    expect((await approve(first, who.ruth)).body.state).toBe("DONE");
    const { body } = await approve(second, who.ruth);
    expect(body).toMatchObject({ state: "FAILED", outcome: expect.stringContaining("in force for all already") });
  });
});
