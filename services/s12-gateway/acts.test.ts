import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  type Answer,
  activeRev,
  approve,
  approving,
  asked,
  change,
  drafted,
  openForTwo,
  said,
  say,
  stop,
  tamper,
  userOf,
  words,
} from "./acts.fixture.ts";
import { ask, kept, open, running, signedIn, sim } from "./treasury.fixture.ts";

const FIVE_MINUTES = 300_000;
const on = { enable: true, reason: "trying it out" };
const off = { enable: false, reason: "tried it out" };
const isKilled = async (token: string) => (await say("GET /kill-switch", token)).body.enabled;

let who: Awaited<ReturnType<typeof openForTwo>>;
afterEach(stop);

describe("what needs a second person", () => {
  beforeEach(async () => {
    who = await openForTwo();
  });

  test("waits for one: the kill switch is turned off when somebody else allows it, in the name of who asked", async () => {
    expect((await say("POST /kill-switch", who.tom, on)).body.enabled).toBe(true);
    const first = await say("POST /kill-switch", who.rita, off);
    expect([first.status, first.body.status]).toEqual([202, "PENDING_APPROVAL"]);
    expect(first.body.detail).toBe("Turn the kill switch off: tried it out");
    const id = first.body.approval_id;
    expect(await isKilled(who.rita)).toBe(true);
    const shown = (await say(`GET /approvals/${id}`, who.ruth)).body;
    expect(shown).toMatchObject({
      kind: "KILL_OFF",
      state: "PENDING",
      requested_by: "rita",
      detail: first.body.detail,
    });
    const approved = await approve(shown, who.ruth);
    expect([approved.status, approved.body.state, approved.body.decided_by]).toEqual([200, "DONE", "ruth"]);
    expect(await isKilled(who.rita)).toBe(false);
    expect((await ask<{ actor: string }>(["GET", "/kill-switch"], who.tom)).body.actor).toBe("rita");
    expect(await said(id)).toEqual([
      "rita approval.kill_off: asked; waits for a person",
      "ruth approval.kill_off: approved",
      "s12 approval.kill_off: done: Done.",
    ]);
  });

  test("a bundle is activated by S10, for who asked with the word of who allowed it; going back needs nobody", async () => {
    const before = await activeRev(who.rita);
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    expect(promotion).toMatchObject({ kind: "PROMOTE", state: "PENDING" });
    expect(await activeRev(who.rita)).toBe(before);
    expect((await approve(promotion, who.ada)).body.state).toBe("DONE");
    expect(await activeRev(who.rita)).toBe(before + 1);
    expect(await words(["bundle.activate", "bundle.draft"])).toEqual(["ada", undefined]);
    const { bundle_id } = promotion.subject.body as { bundle_id: string };
    expect((await say("POST /promote", who.rita, { bundle_id, to_rev: before, mode: "ROLLBACK" })).status).toBe(200);
    expect(await activeRev(who.rita)).toBe(before + 2);
  });

  test("users are for admins to ask and to allow", async () => {
    const role = await asked("POST /users/tom/role", who.ada, { role: "risk" });
    expect((await approve(role, who.rita)).body.code).toBe("FORBIDDEN");
    expect((await approve(role, who.abe)).body.state).toBe("DONE");
    expect((await userOf("tom"))?.role).toBe("risk");
    expect(await words(["user.role"])).toEqual(["abe"]);
    const gone = await asked("POST /users/tom/disable", who.ada);
    expect(gone.detail).toBe("Lock tom out, and end their API keys");
    expect((await userOf("tom"))?.disabled).toBe(false);
    expect((await approve(gone, who.abe)).body.state).toBe("DONE");
    expect((await userOf("tom"))?.disabled).toBe(true);
  });

  test("a one-time password is told to who asked alone, once, and stands nowhere", async () => {
    const added = await asked("POST /users", who.ada, { username: "vera", role: "viewer" });
    expect(added.collect).toBe(true);
    const collect = (token: string) => say(`POST /approvals/${added.approval_id}/collect`, token);
    expect((await collect(who.ada)).body.code).toBe("WRONG_STATE");
    const approved = await approve(added, who.abe);
    expect([approved.status, approved.body.outcome]).toEqual([202, "Waits for ada to collect the answer."]);
    expect(await userOf("vera")).toBeUndefined();
    expect((await collect(who.abe)).body.code).toBe("FORBIDDEN");
    const { answer } = (await collect(who.ada)).body;
    expect(answer).toMatchObject({ username: "vera", role: "viewer", must_change_password: true });
    expect((await collect(who.ada)).body.code).toBe("WRONG_STATE");
    expect((await kept(added.approval_id))?.state).toBe("DONE");
    const login = { username: "vera", password: answer.one_time_password };
    expect((await say("POST /auth/login", who.ada, login)).status).toBe(200);
    expect(JSON.stringify(await kept(added.approval_id))).not.toContain(answer.one_time_password);
  });
});

describe("what else waits", () => {
  beforeEach(async () => {
    who = await openForTwo();
  });

  test("somebody else's API key too, one's own not", async () => {
    const wanted = { name: "bot", role: "viewer", expires_in_days: 1 };
    const make = async (token: string) =>
      (await ask<{ key_id: string }>(["POST", "/api-keys"], token, { body: wanted })).body.key_id;
    const [own, other] = [await make(who.ada), await make(who.tom)];
    expect((await say(`DELETE /api-keys/${own}`, who.ada)).status).toBe(200);
    const ending = await asked(`DELETE /api-keys/${other}`, who.ada);
    expect(ending).toMatchObject({ kind: "API_KEY", detail: `End tom's API key "bot"` });
    expect((await approve(ending, who.abe)).body.state).toBe("DONE");
    expect((await say(`DELETE /api-keys/${other}`, who.tom)).body.code).toBe("NOT_FOUND");
  });

  test("the same request is one approval, and nobody fills the list", async () => {
    await say("POST /kill-switch", who.rita, on);
    const ask = (reason: string, key?: string) => say("POST /kill-switch", who.rita, { enable: false, reason }, key);
    const first = (await ask("tried", "k")).body.approval_id;
    expect((await ask("tried", "k")).body.approval_id).toBe(first);
    expect((await ask("another", "k")).body.code).toBe("KEY_REUSED");
    for (let at = 0; at < 19; at++) expect((await ask(`reason ${at}`)).status).toBe(202);
    expect((await ask("one more")).body.code).toBe("RULE");
  });
});

test("turning the kill switch on needs the role and nothing else", async () => {
  who = await openForTwo();
  await sim.advance(FIVE_MINUTES);
  expect((await say("POST /kill-switch", who.tom, on)).body.enabled).toBe(true);
  expect((await say("POST /kill-switch", who.rita, off)).body.code).toBe("CONFIRM");
  expect((await say("POST /users/tom/role", who.ada, { role: "risk" })).body.code).toBe("CONFIRM");
  expect((await say("POST /approvals/none/approve", who.rita)).body.code).toBe("CONFIRM");
});

describe("attacks", () => {
  beforeEach(async () => {
    who = await openForTwo();
    await say("POST /kill-switch", who.tom, on);
  });

  test("self-approval, by who asked or in another's name", async () => {
    const own = await asked("POST /kill-switch", who.rita, off);
    expect((await approve(own, who.rita)).body.code).toBe("FORBIDDEN");
    const forged = { ...off, second: "ruth", decided_by: "ruth" };
    expect((await say("POST /kill-switch", who.rita, forged)).status).toBe(202);
    expect((await say(`POST /approvals/${own.approval_id}/approve`, who.tom)).body.code).toBe("FORBIDDEN");
    expect((await say("POST /kill-switch", who.tom, off)).body.code).toBe("FORBIDDEN");
    expect(await isKilled(who.rita)).toBe(true);
  });

  test("an approval once more: for the same request, for another one, after it was refused", async () => {
    const first = await asked("POST /kill-switch", who.rita, off);
    expect((await approve(first, who.ruth)).body.state).toBe("DONE");
    await say("POST /kill-switch", who.tom, on);
    expect((await approve(first, who.ruth)).body.code).toBe("WRONG_STATE");
    const second = await asked("POST /kill-switch", who.rita, { ...off, reason: "again" });
    const crossed = await say(`POST /approvals/${second.approval_id}/approve`, who.ruth, { hash: first.hash });
    expect(crossed.body.code).toBe("CONFLICT");
    expect((await say(`POST /approvals/${second.approval_id}/refuse`, who.ruth)).body.state).toBe("REFUSED");
    expect((await approve(second, who.ruth)).body.code).toBe("WRONG_STATE");
    expect(await isKilled(who.rita)).toBe(true);
  });

  test("what was approved is not what was asked: body, path, words or asker changed in the store", async () => {
    const changes: [string, (row: Answer) => object][] = [
      ["body", ({ subject }) => ({ subject: { ...subject, body: { role: "admin" } } })],
      ["path", ({ subject }) => ({ subject: { ...subject, path: "/users/rita/role" } })],
      ["words", () => ({ detail: "Give tom the role viewer" })],
      ["asker", () => ({ requested_by: "abe" })],
    ];
    for (const [what, of] of changes) {
      const role = await asked("POST /users/tom/role", who.ada, { role: "researcher" });
      await tamper(role.approval_id, of(role as Answer) as never);
      const { body } = await approve(role, await signedIn("third", "admin"));
      expect([what, body.state, body.outcome]).toEqual([
        what,
        "FAILED",
        "Its content was changed after it was asked for.",
      ]);
    }
    expect((await userOf("tom"))?.role).toBe("trader");
    expect((await userOf("rita"))?.role).toBe("risk");
  });

  test("an expired one", async () => {
    const late = await asked("POST /kill-switch", who.rita, off);
    await tamper(late.approval_id, { expires_at: sim.clock.now() + 1 });
    await sim.advance(5);
    expect((await approve(late, who.ruth)).body.code).toBe("WRONG_STATE");
    expect((await kept(late.approval_id))?.state).toBe("EXPIRED");
    expect(await isKilled(who.rita)).toBe(true);
  });
});

describe("attacks by programs, by two at once, and with old words", () => {
  beforeEach(async () => {
    who = await openForTwo();
    await say("POST /kill-switch", who.tom, on);
  });

  test("a program allows nothing, and asks for nothing dangerous", async () => {
    const key = async (token: string, role: string) => {
      const body = { name: "bot", role, expires_in_days: 1 };
      return (await ask<{ api_key: string }>(["POST", "/api-keys"], token, { body })).body.api_key;
    };
    const [risk, admin] = [await key(who.ruth, "risk"), await key(who.ada, "admin")];
    const waiting = await asked("POST /kill-switch", who.rita, off);
    for (const token of [risk, admin]) {
      expect((await approve(waiting, token)).body.code).toBe("FORBIDDEN");
      expect((await say("POST /kill-switch", token, off)).body.code).toBe("FORBIDDEN");
      expect((await say("POST /promote", token, { bundle_id: "x", to_rev: 9, mode: "FULL" })).body.code).toBe(
        "FORBIDDEN",
      );
    }
    expect((await say("POST /users/tom/role", admin, { role: "admin" })).body.code).toBe("FORBIDDEN");
    expect((await say("POST /kill-switch", risk, on)).status).toBe(200);
    expect(await isKilled(who.rita)).toBe(true);
  });

  test("two who allow it at once: it is done once", async () => {
    const before = await activeRev(who.rita);
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    const both = await running(Promise.all([who.ruth, who.ada].map((token) => approving(promotion, token))));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await activeRev(who.rita)).toBe(before + 1);
  });

  test("a word for turning it off is none for what was turned on after it was asked for", async () => {
    const wanted = await asked("POST /kill-switch", who.rita, off);
    await say("POST /kill-switch", who.tom, { ...on, reason: "something else" });
    const { body } = await approve(wanted, who.ruth);
    expect([body.state, body.outcome]).toEqual(["FAILED", "The kill switch has been turned on or off again since."]);
    expect(await isKilled(who.rita)).toBe(true);
  });

  test("withdrawn before it was done", async () => {
    const added = await asked("POST /users", who.ada, { username: "mallory", role: "admin" });
    await approve(added, who.abe);
    const withdrawn = await say(`POST /approvals/${added.approval_id}/refuse`, who.abe);
    expect(withdrawn.body).toMatchObject({ state: "FAILED", outcome: "Withdrawn by abe." });
    expect((await say(`POST /approvals/${added.approval_id}/collect`, who.ada)).body.code).toBe("WRONG_STATE");
    expect(await userOf("mallory")).toBeUndefined();
  });
});

describe("who asked, or who allowed it, is somebody else by then", () => {
  beforeEach(async () => {
    who = await openForTwo();
    await say("POST /kill-switch", who.tom, on);
  });

  test("who asked was demoted, disabled or reset meanwhile: it is not done, and that stands there", async () => {
    const gone = [{ role: "trader" }, { disabled: true }, { must_change_password: true }] as const;
    for (const by of gone) {
      const wanted = await asked("POST /kill-switch", who.rita, { ...off, reason: JSON.stringify(by) });
      await change("rita", by);
      const { body } = await approve(wanted, who.ruth);
      expect([by, body.state, body.outcome]).toEqual([by, "FAILED", "rita may not do this any more."]);
      who.rita = await signedIn("rita", "risk");
    }
    expect(await isKilled(who.ruth)).toBe(true);
  });

  test("who allowed it was demoted before it could be done", async () => {
    const promotion = await asked("POST /promote", who.rita, await drafted(who.rita));
    const before = await activeRev(who.rita);
    await tamper(promotion.approval_id, { state: "APPROVED", decided_by: "ruth", decided_at: sim.clock.now() });
    await change("ruth", { role: "viewer" });
    await sim.advance(6_000);
    const row = await kept(promotion.approval_id);
    expect([row?.state, row?.outcome]).toEqual(["FAILED", "ruth may not allow this any more."]);
    expect(await activeRev(who.rita)).toBe(before);
  });
});

test("the only admin makes the second one alone, and from then on nobody", async () => {
  await open();
  const ada = await signedIn("ada", "admin");
  const made = await ask<Answer["answer"]>(["POST", "/users"], ada, { body: { username: "abe", role: "admin" } });
  expect(made.status).toBe(200);
  expect((await say("POST /users/abe/role", ada, { role: "viewer" })).status).toBe(202);
  expect((await say("POST /users/abe/reset-password", ada)).status).toBe(200);
  await change("abe", { must_change_password: false });
  expect((await say("POST /users", ada, { username: "eve", role: "admin" })).status).toBe(202);
  expect((await say("POST /users/abe/reset-password", ada)).status).toBe(202);
});

test("approvals: single does it at once, for who has just proved who they are, and says so", async () => {
  await open({ CHIMERA_S12_APPROVALS: "single" });
  const ada = await signedIn("ada", "admin");
  await say("POST /kill-switch", ada, on);
  expect((await say("POST /kill-switch", ada, off)).body.enabled).toBe(false);
  expect((await say("POST /users", ada, { username: "vera", role: "viewer" })).status).toBe(200);
  const before = await activeRev(ada);
  expect((await say("POST /promote", ada, await drafted(ada))).status).toBe(200);
  expect(await activeRev(ada)).toBe(before + 1);
  expect(await words(["kill-switch", "bundle.activate"])).toEqual(["single", "single"]);
  expect((await ask<{ mode: string; items: [] }>(["GET", "/approvals"], ada)).body).toMatchObject({
    mode: "single",
    items: [],
  });
  await sim.advance(FIVE_MINUTES);
  expect((await say("POST /kill-switch", ada, off)).body.code).toBe("CONFIRM");
});
