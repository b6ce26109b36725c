import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { put } from "../../shared/changes.ts";
import { treasuryTransfers } from "../../shared/collections/exchange.ts";
import { approvals, auditLog } from "../../shared/collections/people.ts";
import { gateway, type Transfer } from "../../shared/contracts.ts";
import { dec } from "../../shared/domain/money.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { createGrantSigner, transferHash } from "../../shared/kit/grant.ts";
import { rpcPath } from "../../shared/kit/rpc.ts";
import { grantKeysForTests } from "../../shared/testing/grant-keys.ts";
import { change } from "./acts.fixture.ts";
import { ask, kept, movements, open, request, running, signedIn, sim, transferAs, wanted } from "./treasury.fixture.ts";
import { decidePolicy } from "./treasury.ts";

afterEach(async () => {
  await running(sim.services.stop());
});

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

  test("who asked for it, or who approved it, may not any more: it is not made", async () => {
    for (const [who, by] of [
      ["tom", { role: "viewer" }],
      ["tom", { disabled: true }],
    ] as const) {
      const [tom, rita] = [await signedIn("tom", "trader"), await signedIn("rita", "risk")];
      const { transfer_id: id } = (await transferAs(tom)).body;
      await change(who, by);
      expect((await ask(["POST", `/approvals/${id}/approve`], rita)).body.state).toBe("FAILED");
    }
    const tom = await signedIn("tom", "trader");
    const { transfer_id: id } = (await transferAs(tom)).body;
    const decided = { decided_by: "rita", decided_at: sim.clock.now() };
    await change("rita", { role: "viewer" });
    await sim.world.store("s12").commit([put(approvals, { ...(await kept(id))!, state: "APPROVED", ...decided })]);
    await sim.advance(6_000);
    expect((await kept(id))?.state).toBe("FAILED");
    expect(movements()).toEqual([]);
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
        start_by: sim.clock.now() + 60_000,
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
