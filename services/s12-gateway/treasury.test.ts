import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Step } from "../../ops/sim/lives.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { put } from "../../shared/changes.ts";
import { treasuryTransfers } from "../../shared/collections/exchange.ts";
import { type Approval, approvals, auditLog, sessions, users } from "../../shared/collections/people.ts";
import { gateway, type Transfer } from "../../shared/contracts.ts";
import { abs, dec, show } from "../../shared/domain/money.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { asProblem } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { createGrantSigner, transferHash } from "../../shared/kit/grant.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { rpcPath } from "../../shared/kit/rpc.ts";
import type { Role } from "../../shared/kit/service.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { decidePolicy } from "./treasury.ts";

const READY_MS = 3_000;
/** How long an outcome can stay unknown with the settings of this test, and the next attempt after it. */
const SETTLED_MS = 20_000;

let sim: Simulation;
const open = async (env: Record<string, string> = {}, canCrash = false) => {
  sim = await openSimulation({
    seed: "treasury",
    canCrash,
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: {
      CHIMERA_S12_APPROVALS: "two",
      CHIMERA_S01_ABSENCE_PROVEN_MS: "2000",
      CHIMERA_S01_RECV_WINDOW_MS: "1000",
      CHIMERA_S01_CALL_TIMEOUT_MS: "1000",
      ...env,
    },
  });
  await sim.advance(READY_MS);
};
afterEach(async () => {
  await running(sim.services.stop());
});

const running = <T>(work: Promise<T>): Promise<T> => whileRunning(sim.clock, work);

/** A signed-in person of that name and role. */
async function signedIn(username: string, role: Role): Promise<string> {
  const now = sim.clock.now();
  const token = digest("session of", username).slice(0, 43);
  const person = { username, password_hash: "none", role, disabled: false, generation: 1, created_at: now };
  const session = { id: digest("session", token), username, generation: 1, created_at: now, expires_at: now + 1e10 };
  await sim.world.store("s12").commit([put(users, person), put(sessions, session)]);
  return token;
}

let keys = 0;
async function ask<T = Approval & { code: string; status: string; transfer_id: string }>(
  [method, path]: [string, string],
  token: string,
  { body = {}, key = `key-${++keys}` }: { body?: object; key?: string } = {},
): Promise<{ status: number; body: T }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  const init = { method, headers, ...(method !== "GET" && { body: JSON.stringify(body) }) };
  const request = new Request(`http://127.0.0.1:8092/api/v1${path}`, init);
  const response = await running(sim.services.hosted.get("s12")!.fetch(request));
  return { status: response.status, body: (await response.json()) as T };
}
const wanted = { from: "SPOT", to: "FUT", amount_usdt: "100", reason: "more margin" };
const transferAs = (token: string, given: { body?: object; key?: string } = {}) =>
  ask(["POST", "/treasury/transfer"], token, { body: wanted, ...given });

/** What the position manager asks for, on its way through the gateway to the exchange. */
const request = (given: Partial<Transfer> = {}): Promise<string> =>
  (
    sim.services.hosted
      .get("s12")!
      .call(
        gateway.methods.requestTransfer,
        { transfer_id: "auto-1", account: "main", ...wanted, reason: "top-up", ...given },
        { kind: "service", id: "s06", role: "admin" },
      ) as Promise<{ status: string }>
  ).then(
    ({ status }) => status,
    (error: unknown) => asProblem(error).code,
  );

/** Of the venue's own journal, movement by movement. */
const movements = (): string[] =>
  sim.venue.exchange.state.income
    .filter(({ why }) => why?.startsWith("transfer "))
    .map(({ why, qty }) => `${why?.slice(9)} ${show(abs(qty))}`);
const kept = async (id: string) => (await sim.world.store("s12").get(approvals, id))?.value;

describe("a person's transfer", () => {
  beforeEach(() => open());

  test("is asked for, approved by another, made once, and audited at each step", async () => {
    const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
    const asked = await transferAs(tom);
    expect([asked.status, asked.body.status]).toEqual([202, "PENDING_APPROVAL"]);
    const id = asked.body.transfer_id;
    expect(movements()).toEqual([]);
    const shown = await ask(["GET", `/approvals/${id}`], tom);
    expect(shown.body).toMatchObject({ state: "PENDING", requested_by: "tom", subject: { amount_usdt: "100" } });
    const { hash } = shown.body;
    const approved = await ask(["POST", `/approvals/${id}/approve`], rita, { body: { hash } });
    expect([approved.status, approved.body.state, approved.body.decided_by]).toEqual([200, "DONE", "rita"]);
    expect(approved.body.self_approved).toBeUndefined();
    expect(movements()).toEqual(["MAIN_UMFUTURE 100"]);
    expect((await sim.world.store("s01").get(treasuryTransfers, id))?.value).toMatchObject({
      state: "OK",
      approved_by: "rita",
      hash,
    });
    const moved = await ask<{ items: object[] }>(["GET", "/xchg/treasury/transfers"], tom);
    expect(moved.body.items).toMatchObject([{ transfer_id: id, state: "OK" }]);
    await sim.advance(2_000);
    const log = (await sim.world.store("s12").query(auditLog, { limit: 100 })).items.map(({ value }) => value);
    const steps = log.filter(({ ref }) => ref === id).map(({ actor, what, outcome }) => `${actor} ${what} ${outcome}`);
    expect(steps.toSorted()).toEqual([
      "rita approval.transfer approved",
      "rita treasury.transfer STARTED",
      "s01 treasury.transfer OK",
      expect.stringMatching(/^s12 approval.transfer done: The exchange calls it \d+\.$/),
      "tom approval.transfer asked; waits for a person",
    ]);
  });

  test("is not approved by who asked, by a trader, twice, or for something else than was looked at", async () => {
    const [rita, ruth, tom] = [
      await signedIn("rita", "risk"),
      await signedIn("ruth", "risk"),
      await signedIn("tom", "trader"),
    ];
    const { transfer_id: id } = (await transferAs(rita)).body;
    const approve = (who: string, body = {}) => ask(["POST", `/approvals/${id}/approve`], who, { body });
    expect((await approve(rita)).body.code).toBe("FORBIDDEN");
    expect((await approve(tom)).body.code).toBe("FORBIDDEN");
    expect((await approve(ruth, { hash: "another" })).body.code).toBe("CONFLICT");
    expect((await approve(ruth, { approved_by: "admin", state: "DONE" })).status).toBe(200);
    expect((await approve(ruth)).body.code).toBe("WRONG_STATE");
    expect((await ask(["POST", `/approvals/${id}/refuse`], ruth)).body.code).toBe("WRONG_STATE");
    expect((await ask(["POST", "/approvals/none/approve"], ruth)).body.code).toBe("NOT_FOUND");
    expect(movements()).toHaveLength(1);
  });

  test("refused or expired, it is not made and cannot be approved any more", async () => {
    const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
    const first = (await transferAs(tom)).body.transfer_id;
    expect((await ask(["POST", `/approvals/${first}/refuse`], rita)).body.state).toBe("REFUSED");
    expect((await ask(["POST", `/approvals/${first}/approve`], rita)).body.code).toBe("WRONG_STATE");
    const second = (await transferAs(tom)).body.transfer_id;
    const row = (await kept(second))!;
    await sim.world.store("s12").commit([put(approvals, { ...row, expires_at: sim.clock.now() + 1 })]);
    await sim.advance(5);
    expect((await ask(["POST", `/approvals/${second}/approve`], rita)).body.code).toBe("WRONG_STATE");
    expect((await kept(second))?.state).toBe("EXPIRED");
    const third = (await transferAs(tom)).body.transfer_id;
    await sim.world.store("s12").commit([put(approvals, { ...(await kept(third))!, expires_at: sim.clock.now() })]);
    await sim.advance(6_000);
    expect((await kept(third))?.state).toBe("EXPIRED");
    expect(movements()).toEqual([]);
  });
});

describe("a person's transfer that is not as it should be", () => {
  beforeEach(() => open());

  test("changed in the store after it was asked for, it is not made", async () => {
    const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
    const { transfer_id: id } = (await transferAs(tom)).body;
    const row = (await kept(id))!;
    const subject = { ...row.subject, amount_usdt: "4000" };
    await sim.world.store("s12").commit([put(approvals, { ...row, subject })]);
    expect((await ask(["POST", `/approvals/${id}/approve`], rita)).body.state).toBe("FAILED");
    expect(movements()).toEqual([]);
  });

  test("the same key is the same transfer; bad ones are refused; a viewer asks for none", async () => {
    const [tom, vera] = [await signedIn("tom", "trader"), await signedIn("vera", "viewer")];
    const first = await transferAs(tom, { key: "k" });
    expect((await transferAs(tom, { key: "k" })).body).toEqual(first.body);
    const changed = { body: { ...wanted, amount_usdt: "101" }, key: "k" };
    expect((await transferAs(tom, changed)).body.code).toBe("KEY_REUSED");
    const refused: [object, number][] = [
      [{ to: "SPOT" }, 422],
      [{ amount_usdt: "5000.01" }, 422],
      [{ amount_usdt: "0" }, 400],
      [{ amount_usdt: "-1" }, 400],
      [{ amount_usdt: "1e3" }, 400],
      [{ amount_usdt: "1.123456789" }, 400],
      [{ from: "BANK" }, 400],
      [{ reason: " " }, 400],
      [{ reason: "\ud800" }, 400],
    ];
    for (const [change, status] of refused) {
      expect([change, (await transferAs(tom, { body: { ...wanted, ...change } })).status]).toEqual([change, status]);
    }
    expect((await transferAs(vera)).status).toBe(403);
    expect(await sim.world.store("s12").count(approvals)).toBe(1);
  });

  test("too little on the wallet: failed, with the reason", async () => {
    const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
    sim.venue.exchange.run(sim.clock.now(), () =>
      sim.venue.exchange.move("main", "SPOT", { asset: "USDT", qty: dec("-9950"), why: "withdrawal" }),
    );
    const { transfer_id: id } = (await transferAs(tom)).body;
    const { body } = await ask(["POST", `/approvals/${id}/approve`], rita);
    expect([body.state, body.outcome]).toEqual(["FAILED", "Only 50.00000000 USDT are free in SPOT."]);
  });
});

test("approvals: single lets one person do both, and the record says so", async () => {
  await open({ CHIMERA_S12_APPROVALS: "single" });
  const ada = await signedIn("ada", "admin");
  const { transfer_id: id } = (await transferAs(ada)).body;
  const { body } = await ask(["POST", `/approvals/${id}/approve`], ada);
  expect([body.state, body.self_approved]).toEqual(["DONE", true]);
  await sim.advance(2_000);
  const log = (await sim.world.store("s12").query(auditLog, { limit: 100 })).items.map(({ value }) => value);
  expect(log.map(({ outcome }) => outcome)).toContain("approved by who asked (approvals: single)");
  expect(movements()).toHaveLength(1);
});

describe("a service's request", () => {
  beforeEach(() => open());

  test("is done by policy under the caps; above them it waits for a person", async () => {
    expect(await running(request())).toBe("OK");
    expect(await running(request())).toBe("OK");
    expect(await running(request({ amount_usdt: "100.00" }))).toBe("OK");
    expect(await running(request({ amount_usdt: "150" }))).toBe("KEY_REUSED");
    expect(await running(request({ transfer_id: "auto-2", amount_usdt: "200.01" }))).toBe("PENDING_APPROVAL");
    expect(movements()).toEqual(["MAIN_UMFUTURE 100"]);
    expect(await kept("auto-1")).toMatchObject({ state: "DONE", decided_by: "policy", requested_by: "s06" });
    const rita = await signedIn("rita", "risk");
    expect((await ask(["POST", "/approvals/auto-2/approve"], rita)).body.state).toBe("DONE");
    expect(movements()).toHaveLength(2);
  });

  test("fifty at once, each just under the limit: no more pass than fit the day", async () => {
    const all = Array.from({ length: 50 }, (_, nth) => request({ transfer_id: `p-${nth}`, amount_usdt: "199.99" }));
    const answers = await running(Promise.all(all));
    expect(answers.filter((answer) => answer === "OK")).toHaveLength(2);
    expect(answers.filter((answer) => answer === "PENDING_APPROVAL")).toHaveLength(48);
    expect(movements()).toHaveLength(2);
  });

  test("comes over HTTP with a token of the position manager's, and of nobody else's", async () => {
    const tokens = createTokens(sim.world.serviceKey, sim.clock);
    const path = rpcPath(gateway, gateway.methods.requestTransfer);
    const body = JSON.stringify({ transfer_id: "auto-9", account: "main", ...wanted });
    const call = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "chimera-caller": "s06" };
      const request = new Request(`http://127.0.0.1:8092${path}`, { method: "POST", headers, body });
      return (await running(sim.services.hosted.get("s12")!.fetch(request))).status;
    };
    expect(await call(await signedIn("ada", "admin"))).toBe(401);
    expect(await call(await running(tokens.mint("s04", "s12")))).toBe(403);
    expect(await call(await running(tokens.mint("cli", "s12", { id: "terminal", role: "admin" })))).toBe(403);
    expect(await call(await running(tokens.mint("s06", "s01")))).toBe(401);
    expect(movements()).toEqual([]);
    expect(await call(await running(tokens.mint("s06", "s12")))).toBe(200);
    expect(movements()).toHaveLength(1);
  });
});

test("past the gateway S1 moves nothing: not for others, not without a grant for exactly this", async () => {
  await open();
  const tokens = createTokens(sim.world.serviceKey, sim.clock);
  const transfer: Transfer = { transfer_id: "direct", account: "main", ...wanted } as Transfer;
  const grantOf = (seed: number, of: Transfer = transfer) =>
    running(
      createGrantSigner(grantKeysForTests(seed).privateKey, sim.clock).sign({
        transfer_id: of.transfer_id,
        hash: transferHash(of),
        approver: "mallory",
      }),
    );
  const send = async (bearer: string, grant: string | undefined) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      ...(grant !== undefined && { "x-chimera-grant": grant }),
    };
    const init = { method: "POST", headers, body: JSON.stringify({ ...transfer, grant, approved_by: "ada" }) };
    const request = new Request("http://127.0.0.1:8081/xchg/treasury/transfer", init);
    return (await running(sim.services.hosted.get("s01")!.fetch(request))).status;
  };
  const fromGateway = await running(tokens.mint("s12", "s01"));
  const good = await grantOf(7);
  const rows: [string, string | undefined][] = [
    [fromGateway, undefined],
    [fromGateway, "a.b.c"],
    [fromGateway, await grantOf(8)],
    [fromGateway, await grantOf(7, { ...transfer, amount_usdt: "99" })],
    [await running(tokens.mint("s06", "s01")), good],
    [await running(tokens.mint("s12", "s01", { id: "ada", role: "admin" })), good],
  ];
  for (const [bearer, grant] of rows) expect(await send(bearer, grant)).toBe(403);
  expect(movements()).toEqual([]);
  expect(await send(fromGateway, good)).toBe(200);
  expect(await send(fromGateway, good)).toBe(200);
  expect(movements()).toHaveLength(1);
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

test("S1 cannot be asked with a grant of a key it does not know", async () => {
  await open({ CHIMERA_S12_GRANT_KEY: grantKeysForTests(9).privateKey });
  expect(await running(request())).toBe("UNKNOWN");
  await sim.advance(SETTLED_MS);
  expect((await kept("auto-1"))?.state).toBe("APPROVED");
  expect(movements()).toEqual([]);
});

describe("the policy", () => {
  const flags = { policy_transfer_usdt_max: "200", policy_day_usdt_max: "500" };
  const rows: [boolean, string, string, boolean][] = [
    [true, "200", "0", true],
    [true, "200.00000001", "0", false],
    [true, "200", "300", true],
    [true, "200", "300.00000001", false],
    [false, "1", "0", false],
  ];
  test.each(rows)("a service: %p, %s after %s today: %p", (isService, amount, today, expected) => {
    expect(decidePolicy({ isService, amount: dec(amount), today: dec(today) }, flags)).toBe(expected);
  });
});
