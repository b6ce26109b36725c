import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { auditLog, users } from "../../shared/collections/people.ts";
import { createSealer } from "../../shared/sealing.ts";
import { base32, codeOf, stepAt, stepOfCode } from "./one-time-code.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";

// Each hash of a password takes its time, and much more on a busy machine.
setDefaultTimeout(60_000);
const STEP_MS = 30_000;

describe("one-time codes", () => {
  const secret = Buffer.from("12345678901234567890");
  test("are those of RFC 6238, appendix B, in six digits", () => {
    const vectors: [number, string][] = [
      [59, "287082"],
      [1_111_111_109, "081804"],
      [1_111_111_111, "050471"],
      [1_234_567_890, "005924"],
      [2_000_000_000, "279037"],
      [20_000_000_000, "353130"],
    ];
    for (const [seconds, code] of vectors) expect(codeOf(secret, stepAt(seconds * 1_000))).toBe(code);
  });
  test("count one step early and late, and none at or before the last that was used", () => {
    const now = 1_234_567_890_000;
    const at = (steps: number, lastStep = -1) =>
      stepOfCode(secret, codeOf(secret, stepAt(now) + steps), { now, lastStep });
    expect([-2, -1, 0, 1, 2].map((steps) => at(steps) !== undefined)).toEqual([false, true, true, true, false]);
    expect(at(0, stepAt(now))).toBeUndefined();
    expect(at(-1, stepAt(now))).toBeUndefined();
    expect(at(1, stepAt(now))).toBe(stepAt(now) + 1);
    for (const wrong of ["", "00592", "0059240", "００５９２４"]) {
      expect(stepOfCode(secret, wrong, { now, lastStep: -1 })).toBeUndefined();
    }
  });
  test("have secrets in base32, as in RFC 4648", () => {
    expect(["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => base32(Buffer.from(text)))).toEqual([
      "",
      "MY",
      "MZXQ",
      "MZXW6",
      "MZXW6YQ",
      "MZXW6YTB",
      "MZXW6YTBOI",
    ]);
  });
});

test("what is sealed opens for its owner, with its key, unchanged", () => {
  const bytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const sealer = createSealer("key", "tests", bytes);
  const sealed = sealer.seal(Buffer.from("secret"), "rita");
  expect(Buffer.from(sealer.open(sealed, "rita")).toString()).toBe("secret");
  expect(() => sealer.open(sealed, "tom")).toThrow();
  expect(() => createSealer("other", "tests", bytes).open(sealed, "rita")).toThrow();
  expect(() => createSealer("key", "others", bytes).open(sealed, "rita")).toThrow();
  expect(() => sealer.open(`${sealed.slice(0, -4)}AAAA`, "rita")).toThrow();
});

let gateway: Gateway;
let secret: Uint8Array;
let recovery: string[];
const code = (steps = 0) => codeOf(secret, stepAt(gateway.sim.clock.now()) + steps);
beforeAll(async () => {
  gateway = await openGateway("second factor");
});
afterAll(() => gateway.stop());

describe("a second factor", () => {
  test("is asked for once its first code has come, and its secret is stored sealed", async () => {
    const token = await gateway.join("rita", "risk");
    const offered = await gateway.ask("POST /auth/totp/enrol", token);
    const text = String(offered.body.secret);
    expect(String(offered.body.uri)).toBe(`otpauth://totp/Chimera:rita?secret=${text}&issuer=Chimera`);
    secret = fromBase32(text);
    expect((await gateway.login("rita")).status).toBe(200);
    const wrong = code() === "000000" ? "000001" : "000000";
    expect((await gateway.ask("POST /auth/totp/confirm", token, { code: wrong })).code).toBe("INVALID");
    const accepted = await gateway.ask("POST /auth/totp/confirm", token, { code: code() });
    recovery = accepted.body.recovery_codes as string[];
    expect(new Set(recovery).size).toBe(10);
    expect((await gateway.ask("POST /auth/totp/confirm", token, { code: code() })).code).toBe("WRONG_STATE");
    await gateway.sim.advance(STEP_MS);
    const kept = JSON.stringify([
      await gateway.store.get(users, "rita"),
      await gateway.store.query(auditLog, { limit: 1000 }),
    ]);
    for (const hidden of [text, Buffer.from(secret).toString("base64"), ...recovery])
      expect(kept).not.toContain(hidden);
  });
  test("lets nobody in without a code, and says no more than for an unknown name", async () => {
    const refused = [
      await gateway.login("rita"),
      await gateway.login("rita", PASSWORD, ""),
      await gateway.login("rita", "wrong-password", code()),
      await gateway.login("nobody", PASSWORD, code()),
    ];
    const said = refused.map(({ status, body }) => ({ status, body: { ...body, trace_id: "" } }));
    for (const answer of said) expect(answer).toEqual(said[0]!);
    expect(said[0]).toMatchObject({ status: 401, body: { code: "BAD_CREDENTIALS" } });
  });
  test("takes a code once, also of two at the same moment", async () => {
    const body = { username: "rita", password: PASSWORD, totp: code() };
    const both = await gateway.askAll(["POST /auth/login", undefined, body], ["POST /auth/login", undefined, body]);
    expect(both.filter(({ status }) => status === 200).length).toBe(1);
    expect((await gateway.login("rita", PASSWORD, body.totp)).code).toBe("BAD_CREDENTIALS");
    expect((await gateway.login("rita", PASSWORD, code(-1))).code).toBe("BAD_CREDENTIALS");
  });
  test("takes each recovery code once, however it is written", async () => {
    const [first = "", second = ""] = recovery;
    expect((await gateway.login("rita", PASSWORD, first)).status).toBe(200);
    expect((await gateway.login("rita", PASSWORD, first)).code).toBe("BAD_CREDENTIALS");
    expect((await gateway.login("rita", PASSWORD, second.replaceAll("-", "").toLowerCase())).status).toBe(200);
    expect((await gateway.store.get(users, "rita"))?.value.recovery?.length).toBe(8);
  });
  test("is part of every proof: confirming, a new password", async () => {
    await gateway.sim.advance(10 * STEP_MS);
    const token = await gateway.tokenOf("rita", PASSWORD, code());
    await gateway.sim.advance(10 * STEP_MS);
    expect((await gateway.ask("POST /auth/totp/disable", token)).code).toBe("CONFIRM");
    expect((await gateway.ask("POST /auth/confirm", token, { password: PASSWORD })).code).toBe("BAD_CREDENTIALS");
    const change = { password: PASSWORD, new_password: "another-horse-2" };
    expect((await gateway.ask("POST /auth/password", token, change)).code).toBe("BAD_CREDENTIALS");
    const proof = { password: PASSWORD, totp: code() };
    expect((await gateway.ask("POST /auth/confirm", token, proof)).status).toBe(200);
    expect((await gateway.ask("POST /auth/totp/disable", token)).body).toEqual({ second_factor: false });
    expect((await gateway.login("rita")).status).toBe(200);
  });
});

describe("a second factor and what goes wrong", () => {
  test("locks the name after ten wrong codes, right password or not", async () => {
    const token = await gateway.join("tom", "trader");
    secret = fromBase32(String((await gateway.ask("POST /auth/totp/enrol", token)).body.secret));
    await gateway.ask("POST /auth/totp/confirm", token, { code: code() });
    for (let at = 0; at < 10; at++) {
      expect((await gateway.login("tom", PASSWORD, `no-${at}`)).code).toBe("BAD_CREDENTIALS");
    }
    expect((await gateway.login("tom", PASSWORD, code(1))).code).toBe("RATE_LIMITED");
  });
  test("that is lost is taken away by an admin, with a new password", async () => {
    const admin = await gateway.tokenOf("admin");
    const reset = await gateway.ask("POST /users/tom/reset-password", admin, { drop_second_factor: true });
    expect(reset.body).toMatchObject({ second_factor: false, must_change_password: true });
  });
  test("that was offered is not there for ever", async () => {
    const token = await gateway.join("uma", "viewer");
    secret = fromBase32(String((await gateway.ask("POST /auth/totp/enrol", token)).body.secret));
    await gateway.sim.advance(10 * 60_000);
    await gateway.ask("POST /auth/confirm", token, { password: PASSWORD });
    expect((await gateway.ask("POST /auth/totp/confirm", token, { code: code() })).code).toBe("WRONG_STATE");
  });
});

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  return new Uint8Array((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
