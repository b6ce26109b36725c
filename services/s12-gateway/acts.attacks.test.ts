import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Answer, approve, asked, openForTwo, say, stop, userOf } from "./acts.fixture.ts";
import { ask, open, signedIn } from "./treasury.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const on = { enable: true, reason: "trying it out" };
const off = { enable: false, reason: "tried it out" };
let who: Awaited<ReturnType<typeof openForTwo>>;
afterEach(stop);

describe("ways to write the same request differently", () => {
  beforeEach(async () => {
    who = await openForTwo();
  });

  test("change neither what it is nor whose word counts for it", async () => {
    const body = { username: "mallory", role: "admin" };
    for (const path of ["/users?for=risk", "/%75sers", "/users?"]) {
      const added = await asked(`POST ${path}`, who.ada, body);
      expect([path, added?.kind, added?.collect]).toEqual([path, "USER", true]);
      expect((await approve(added, who.rita)).body.code).toBe("FORBIDDEN");
      expect((await approve(added, who.abe)).body.state).toBe("APPROVED");
      const { answer } = (await say(`POST /approvals/${added.approval_id}/collect`, who.ada)).body;
      expect(answer.username).toBe(body.username);
      body.username += "x";
    }
  });

  test("leave what needs one of risk to risk, and bound to what it was asked for", async () => {
    await say("POST /kill-switch", who.tom, on);
    for (const path of ["/kill-switch?by=tom", "/%6bill-switch"]) {
      expect((await say(`POST ${path}`, who.tom, off)).body.code).toBe("FORBIDDEN");
      const wanted = await asked(`POST ${path}`, who.rita, off);
      expect([path, wanted.kind]).toEqual([path, "KILL_OFF"]);
      await say("POST /kill-switch", who.tom, { ...on, reason: path });
      expect((await approve(wanted, who.ruth)).body.state).toBe("FAILED");
    }
    expect((await say("GET /kill-switch", who.tom)).body.enabled).toBe(true);
  });

  test("and nobody asks beforehand to turn off what will be turned on", async () => {
    await say("POST /kill-switch", who.tom, on);
    const { epoch } = (await ask<{ epoch: number }>(["GET", "/kill-switch"], who.tom)).body;
    const ahead = await say("POST /kill-switch", who.rita, { ...off, epoch: epoch + 1 });
    expect(ahead.body.code).toBe("CONFLICT");
    expect((await say("POST /kill-switch", who.rita, { ...off, epoch })).status).toBe(202);
  });
});

test("nobody is called what stands for one person being enough", async () => {
  await open();
  const ada = await signedIn("ada", "admin");
  for (const username of ["single", "policy", "s04"]) {
    expect((await say("POST /users", ada, { username, role: "admin" } as Partial<Answer>)).body.code).toBe("INVALID");
    expect(await userOf(username)).toBeUndefined();
  }
});
