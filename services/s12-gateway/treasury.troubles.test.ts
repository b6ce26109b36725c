import { afterEach, describe, expect, test } from "bun:test";
import type { Step } from "../../ops/sim/lives.ts";
import { auditLog } from "../../shared/collections/people.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { ask, kept, movements, open, request, running, SETTLED_MS, signedIn, sim } from "./treasury.fixture.ts";

afterEach(async () => {
  await running(sim.services.stop());
});

describe("killed at any step, the transfer is made once", () => {
  const commitOf = (by: ServiceId, name: string, field: string, value: string) => (step: Step) =>
    step.by === by &&
    step.port === "commit" &&
    step.ops.some(
      (op) => op.op === "put" && op.collection.name === name && (op.value as Record<string, unknown>)[field] === value,
    );
  const sending = (step: Step) =>
    step.by === "s01" &&
    step.port === "fetch" &&
    step.request.method === "POST" &&
    step.request.url.includes("/sapi/v1/asset/transfer");
  const calling = (step: Step) => step.port === "call" && step.by === "s12" && step.method === "transfer";
  const at: Record<string, (step: Step) => boolean> = {
    "the approval's record": commitOf("s12", "approvals", "state", "APPROVED"),
    "the call to S1": calling,
    "S1's record": commitOf("s01", "treasury_transfers", "state", "STARTED"),
    "sending it": sending,
    "S1's outcome": commitOf("s01", "treasury_transfers", "state", "OK"),
    "the approval's outcome": commitOf("s12", "approvals", "state", "DONE"),
  };
  const dying: [string, ServiceId[]][] = [
    ["S1", ["s01"]],
    ["S12", ["s12"]],
    ["both", ["s01", "s12"]],
  ];
  const rows = Object.entries(at).flatMap(([what, isIt]) =>
    (["before", "after"] as const).flatMap((when) => dying.map(([who, ids]) => ({ what, when, who, ids, isIt }))),
  );
  test.each(rows)("$who, $when $what", async ({ when, ids, isIt }) => {
    await open({}, true);
    let isDead = false;
    sim.onStep((step) => {
      if (isDead || step.when !== when || !isIt(step)) return;
      isDead = true;
      sim.kill(ids, 500);
    });
    // Who asked and was not answered asks again.
    void request();
    await sim.advance(3_000);
    expect(isDead).toBe(true);
    void request();
    await sim.advance(SETTLED_MS);
    expect(await running(request())).toBe("OK");
    expect(movements()).toEqual(["MAIN_UMFUTURE 100"]);
    expect((await kept("auto-1"))?.state).toBe("DONE");
    expect((await sim.summary()).invariants.violated).toEqual([]);
  });
});

test("without an answer from the exchange: unknown, then known, and made once", async () => {
  await open();
  const late = {
    kind: "delay",
    path: "/sapi/v1/asset/transfer",
    method: "POST",
    when: "after",
    delay_ms: 9_000,
  } as const;
  sim.venue.faults.addDelay({ ...late, count: 1 });
  expect(await running(request())).toBe("UNKNOWN");
  await sim.advance(SETTLED_MS);
  expect(await kept("auto-1")).toMatchObject({ state: "DONE" });
  expect(movements()).toHaveLength(1);
});

describe("approved, and S1 cannot make it", () => {
  const notTaken = {
    kind: "answer",
    path: "/sapi/v1/asset/transfer",
    method: "POST",
    status: 400,
    code: -1021,
  } as const;

  test("for a quarter of an hour: it is not made any more", async () => {
    await open();
    sim.venue.faults.addAnswer({ ...notTaken, count: 1_000 });
    expect(await running(request())).toBe("UNKNOWN");
    await sim.advance(16 * 60_000);
    expect(await running(request())).toBe("FAIL");
    expect((await kept("auto-1"))?.state).toBe("FAILED");
    sim.venue.faults.clear();
    await sim.advance(10_000);
    expect(movements()).toEqual([]);
  });

  test("a person withdraws it: it is not made, though S1 was away when that was said", async () => {
    await open({}, true);
    const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
    sim.venue.faults.addAnswer({ ...notTaken, count: 2 });
    expect(await running(request())).toBe("UNKNOWN");
    sim.kill(["s01"], 30_000);
    const withdraw = (who: string) => ask(["POST", "/approvals/auto-1/refuse"], who);
    expect((await withdraw(tom)).status).toBe(403);
    const said = await withdraw(rita);
    expect([said.status, said.body.state, said.body.withdrawn_by]).toEqual([202, "APPROVED", "rita"]);
    expect((await withdraw(rita)).body.code).toBe("WRONG_STATE");
    await sim.advance(60_000);
    expect(await kept("auto-1")).toMatchObject({ state: "FAILED", withdrawn_by: "rita" });
    expect(movements()).toEqual([]);
    const audited = (await sim.world.store("s12").query(auditLog, { where: { actor: "rita" }, limit: 10 })).items;
    expect(audited.map(({ value }) => value.outcome)).toEqual(["withdrawn"]);
  });

  test("withdrawn too late, it tells that it was made", async () => {
    await open();
    const rita = await signedIn("rita", "risk");
    const late = { kind: "delay", path: "/sapi/v1/asset/transfer", method: "POST", when: "after" } as const;
    sim.venue.faults.addDelay({ ...late, delay_ms: 9_000, count: 1 });
    expect(await running(request())).toBe("UNKNOWN");
    await ask(["POST", "/approvals/auto-1/refuse"], rita);
    await sim.advance(SETTLED_MS);
    expect(await kept("auto-1")).toMatchObject({ state: "DONE", withdrawn_by: "rita" });
    expect(movements()).toHaveLength(1);
  });
});

test("S1 cannot be asked with a grant of a key it does not know", async () => {
  await open({ CHIMERA_S12_GRANT_KEY: grantKeysForTests(9).privateKey });
  expect(await running(request())).toBe("UNKNOWN");
  await sim.advance(SETTLED_MS);
  expect((await kept("auto-1"))?.state).toBe("APPROVED");
  expect(movements()).toEqual([]);
});
