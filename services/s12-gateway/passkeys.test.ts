import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
import { auditLog, users } from "../../shared/collections/people.ts";
import { codeOf, stepAt } from "./one-time-code.ts";
import { type Gateway, openGateway, PASSWORD, type Said } from "./people.fixture.ts";
import { softwareKey, type Twist } from "./software-key.fixture.ts";

// Each hash of a password takes its time, and much more on a busy machine.
setDefaultTimeout(60_000);
const ORIGIN = "http://localhost:8092";
const AT = { host: "localhost:8092" };
const MINUTE_MS = 60_000;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway("passkeys");
});
afterAll(() => gateway.stop());

type Key = ReturnType<typeof softwareKey>;
const challenge = async (headers = AT) =>
  (await gateway.ask("POST /auth/passkey/challenge", undefined, {}, headers)).body;
const offer = (token: string) => gateway.ask("POST /auth/passkeys/offer", token, {}, AT);
const add = (token: string, credential: object, name = "a key") =>
  gateway.ask("POST /auth/passkeys", token, { name, credential }, AT);
const login = (username: string, more: object = {}, password = PASSWORD): Promise<Said> =>
  gateway.ask("POST /auth/login", undefined, { username, password, ...more });
const signed = async (key: Key, twist?: Twist) => ({ passkey: key.get(await challenge(), twist) });
const passkeysOf = async (username: string) => (await gateway.store.get(users, username))?.value.passkeys ?? [];

async function joinWithKey(username: string, counts = true) {
  const token = await gateway.join(username, "trader");
  const key = softwareKey(ORIGIN, counts);
  const added = await add(token, key.create((await offer(token)).body));
  expect(added.status).toBe(200);
  return { token, key, added: added.body };
}
const audited = async (username: string): Promise<string[]> => {
  await gateway.sim.advance(2_000);
  const { items } = await gateway.store.query(auditLog, { where: { what: "user.passkey" }, limit: 1_000 });
  return items.filter(({ value }) => value.ref === username).map(({ value }) => value.outcome);
};

describe("a passkey", () => {
  test("is offered for this page, kept by the authenticator under an id that tells no name", async () => {
    const token = await gateway.join("ann", "viewer");
    const { body } = await offer(token);
    expect(body).toMatchObject({
      rp: { id: "localhost", name: "Chimera" },
      user: { name: "ann" },
      authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
      attestation: "none",
    });
    expect(Buffer.from(String((body.user as { id: string }).id), "base64url").length).toBe(32);
  });
  test("that is the first second factor comes with recovery codes, a second one does not", async () => {
    const { token, key, added } = await joinWithKey("rita");
    expect(new Set(added.recovery_codes as string[]).size).toBe(10);
    expect(added).toMatchObject({ name: "a key", rp_id: "localhost" });
    const me = (await gateway.ask("GET /auth/me", token)).body;
    expect(me).toMatchObject({ second_factor: true, app_codes: false, recovery_codes_left: 10 });
    const offered = (await offer(token)).body;
    expect(offered.excludeCredentials).toMatchObject([{ id: key.held[0]?.id }]);
    const second = softwareKey(ORIGIN);
    const more = await add(token, second.create(offered), "another");
    expect(more.status).toBe(200);
    expect(more.body.recovery_codes).toBeUndefined();
    const { items } = (await gateway.ask("GET /auth/passkeys", token)).body as { items: { name: string }[] };
    expect(items.map(({ name }) => name)).toEqual(["a key", "another"]);
    expect(second.held[0]?.owner).toBe(key.held[0]?.owner ?? "");
    expect(await audited("rita")).toEqual(["added", "added"]);
  });
  test("is then needed: neither the password alone nor a made-up code will do", async () => {
    const { key } = await joinWithKey("bert");
    expect((await login("bert")).code).toBe("BAD_CREDENTIALS");
    expect((await login("bert", { totp: "000000" })).code).toBe("BAD_CREDENTIALS");
    expect((await login("bert", await signed(key), "wrong-password")).code).toBe("BAD_CREDENTIALS");
    expect((await login("bert", await signed(key))).status).toBe(200);
    const [passkey] = await passkeysOf("bert");
    expect(passkey).toMatchObject({ counter: 2, last_used_at: expect.any(Number) });
    expect(await audited("bert")).toEqual(["added", "used"]);
  });
  test("proves who one is wherever a code does: confirming, a new password", async () => {
    const { key } = await joinWithKey("carl");
    const token = String((await login("carl", await signed(key))).body.access_token);
    await gateway.sim.advance(6 * MINUTE_MS);
    expect((await offer(token)).code).toBe("CONFIRM");
    const confirmed = await gateway.ask("POST /auth/confirm", token, { password: PASSWORD, ...(await signed(key)) });
    expect(confirmed.status).toBe(200);
    expect((await offer(token)).status).toBe(200);
    const change = { password: PASSWORD, new_password: "another-horse-2" };
    expect((await gateway.ask("POST /auth/password", token, change)).code).toBe("BAD_CREDENTIALS");
    const changed = await gateway.ask("POST /auth/password", token, { ...change, ...(await signed(key)) });
    expect(changed.status).toBe(200);
  });
  test("that does not count its signatures does as well", async () => {
    const { key } = await joinWithKey("dora", false);
    for (let at = 0; at < 2; at++) expect((await login("dora", await signed(key))).status).toBe(200);
  });
  test("that is lost is stood in for by a recovery code, each once", async () => {
    const { added } = await joinWithKey("emil");
    const [code = ""] = added.recovery_codes as string[];
    expect((await login("emil", { totp: code })).status).toBe(200);
    expect((await login("emil", { totp: code })).code).toBe("BAD_CREDENTIALS");
  });
  test("that is removed opens nothing any more; with the last one no second factor is asked for", async () => {
    const { token, key } = await joinWithKey("fred");
    const other = softwareKey(ORIGIN);
    await add(token, other.create((await offer(token)).body), "other");
    const remove = (id = "") => gateway.ask(`POST /auth/passkeys/${id}/remove`, token);
    expect((await remove(key.held[0]?.id)).body).toEqual({ second_factor: true });
    expect((await login("fred", await signed(key))).code).toBe("BAD_CREDENTIALS");
    expect((await remove(key.held[0]?.id)).code).toBe("NOT_FOUND");
    expect((await remove(other.held[0]?.id)).body).toEqual({ second_factor: false });
    expect((await login("fred")).status).toBe(200);
    expect((await gateway.store.get(users, "fred"))?.value.recovery).toBeUndefined();
    expect(await audited("fred")).toEqual(["added", "added", "removed", "removed"]);
  });
});

describe("a passkey beside codes of an app", () => {
  test("either opens the door, and each can be given up without the other", async () => {
    const { token, key } = await joinWithKey("gina");
    const secret = String((await gateway.ask("POST /auth/totp/enrol", token)).body.secret);
    const code = () => codeOf(fromBase32(secret), stepAt(gateway.sim.clock.now()));
    expect((await gateway.ask("POST /auth/totp/confirm", token, { code: code() })).status).toBe(200);
    await gateway.sim.advance(MINUTE_MS);
    expect((await login("gina", { totp: code() })).status).toBe(200);
    expect((await login("gina", await signed(key))).status).toBe(200);
    expect((await gateway.ask("POST /auth/totp/disable", token)).body).toEqual({ second_factor: true });
    expect((await login("gina")).code).toBe("BAD_CREDENTIALS");
    expect((await login("gina", await signed(key))).status).toBe(200);
  });
  test("goes too when an admin takes lost second factors away, and shows as a second factor until then", async () => {
    const { key } = await joinWithKey("hans");
    const admin = await gateway.tokenOf("admin");
    const { items } = (await gateway.ask("GET /users", admin)).body as { items: Record<string, unknown>[] };
    expect(items.find(({ username }) => username === "hans")?.second_factor).toBe(true);
    const reset = await gateway.ask("POST /users/hans/reset-password", admin, { drop_second_factor: true });
    expect(reset.body).toMatchObject({ second_factor: false, must_change_password: true });
    const password = String(reset.body.one_time_password);
    expect(await passkeysOf("hans")).toEqual([]);
    expect((await login("hans", await signed(key), password)).status).toBe(200);
  });
  test("is asked for with a one-time password too, and the challenge can be had meanwhile", async () => {
    const { key } = await joinWithKey("ines");
    const admin = await gateway.tokenOf("admin");
    const password = String((await gateway.ask("POST /users/ines/reset-password", admin)).body.one_time_password);
    const token = String((await login("ines", await signed(key), password)).body.access_token);
    const asked = await gateway.ask("POST /auth/passkey/challenge", token, {}, AT);
    const proof = { password, new_password: "another-horse-2", passkey: key.get(asked.body) };
    expect((await gateway.ask("POST /auth/password", token, proof)).status).toBe(200);
  });
});

describe("a sign-in with a passkey is refused, in the same words as a wrong password", () => {
  let key: Key;
  beforeAll(async () => {
    ({ key } = await joinWithKey("kim"));
    await joinWithKey("lea");
  });
  let nobodies = 0;
  const refused = async (passkey: object, username = "kim") => {
    const [said, plain] = [await login(username, { passkey }), await login(`no-${++nobodies}`, {}, "wrong-password")];
    const words = ({ status, body }: Said) => ({ status, body: { ...body, trace_id: "" } });
    expect(words(said)).toEqual(words(plain));
    expect(said.code).toBe("BAD_CREDENTIALS");
    // So long, and the name has another guess.
    await gateway.sim.advance(2 * MINUTE_MS);
  };

  test("for a challenge that was not ours", async () =>
    refused(key.get(await challenge(), { challenge: Buffer.alloc(32).toString("base64url") })));
  test("for a challenge that was used, right or wrong, also of two at the same moment", async () => {
    const passkey = key.get(await challenge());
    expect((await login("kim", { passkey })).status).toBe(200);
    await refused(passkey);
    const spoilt = key.get(await challenge());
    expect((await login("kim", { passkey: spoilt }, "wrong-password")).code).toBe("BAD_CREDENTIALS");
    await refused(spoilt);
    const twice = { username: "kim", password: PASSWORD, passkey: key.get(await challenge()) };
    const both = await gateway.askAll(["POST /auth/login", undefined, twice], ["POST /auth/login", undefined, twice]);
    expect(both.filter(({ status }) => status === 200).length).toBe(1);
  });
  test("for a challenge that is too old", async () => {
    const passkey = key.get(await challenge());
    await gateway.sim.advance(5 * MINUTE_MS);
    await refused(passkey);
  });
  test("for a challenge that was for making one", async () => {
    const token = await gateway.join("mia", "viewer");
    const { challenge, rp } = (await offer(token)).body as { challenge: string; rp: { id: string } };
    await refused(key.get({ challenge, rpId: rp.id }));
  });
  test("from another page, from within another page, or for another host", async () => {
    await refused(key.get(await challenge(), { origin: "http://localhost:9999" }));
    await refused(key.get(await challenge(), { origin: "https://chimera.example" }));
    await refused(key.get(await challenge(), { crossOrigin: true }));
    await refused(key.get(await challenge(), { rp_id: "chimera.example" }));
  });
  test("where the passkey belongs to another host than the page that asks", async () => {
    const at = "other.localhost:8092";
    const asked = await challenge({ host: at });
    expect(asked.rpId).toBe("other.localhost");
    await refused(key.get(asked, { origin: `http://${at}` }));
  });
  test("by somebody else's passkey, by one that nobody has, and for a name that there is not", async () => {
    await refused(key.get(await challenge()), "lea");
    const stranger = softwareKey(ORIGIN);
    stranger.create({ challenge: "", rp: { id: "localhost" }, user: { id: key.held[0]?.owner } });
    await refused(stranger.get(await challenge()));
    await refused(key.get(await challenge()), "nobody-at-all");
  });
  test("with a signature of another key, or a user that it does not say", async () => {
    const right = key.get(await challenge());
    const stranger = softwareKey(ORIGIN);
    stranger.create({ challenge: "", rp: { id: "localhost" }, user: { id: key.held[0]?.owner } });
    await refused({ ...stranger.get(await challenge()), id: right.id, rawId: right.id });
    const other = key.get(await challenge());
    await refused({ ...other, response: { ...other.response, userHandle: "AAAA" } });
  });
  test("with a count that goes back, of which the audit log and an alert tell", async () => {
    expect((await login("kim", await signed(key, { count: 100 }))).status).toBe(200);
    await refused(key.get(await challenge(), { count: 100 }));
    await refused(key.get(await challenge(), { count: 7 }));
    await refused(key.get(await challenge(), { count: 0 }));
    expect((await audited("kim")).filter((outcome) => outcome.startsWith("refused")).length).toBe(3);
    const { items } = await gateway.sim.world.store("s11").query(alertsKept, { limit: 100 });
    expect(items.some(({ value }) => value.code === "PASSKEY_COPIED")).toBe(true);
    expect((await login("kim", await signed(key, { count: 101 }))).status).toBe(200);
  });
});

test("a name is locked after ten wrong signatures, right ones or not then", async () => {
  const token = await gateway.join("nina", "viewer");
  const own = softwareKey(ORIGIN);
  await add(token, own.create((await offer(token)).body));
  for (let at = 0; at < 10; at++) {
    const passkey = own.get(await challenge(), { origin: "http://elsewhere" });
    expect((await login("nina", { passkey })).code).toBe("BAD_CREDENTIALS");
  }
  expect((await login("nina", await signed(own))).code).toBe("RATE_LIMITED");
});

describe("a passkey is not taken up", () => {
  test("made for another page or host, twice, by another person, or without an offer", async () => {
    const token = await gateway.join("olga", "viewer");
    const other = await gateway.join("paul", "viewer");
    const key = softwareKey(ORIGIN);
    const said = async (twist: Twist, by = token) => (await add(by, key.create((await offer(token)).body, twist))).code;
    expect(await said({ origin: "http://localhost:9999" })).toBe("INVALID");
    expect(await said({ rp_id: "chimera.example" })).toBe("INVALID");
    expect(await said({ crossOrigin: true })).toBe("INVALID");
    expect(await said({}, other)).toBe("WRONG_STATE");
    expect(await said({ challenge: Buffer.alloc(32).toString("base64url") })).toBe("WRONG_STATE");
    const asked = await challenge();
    const options = { ...(await offer(token)).body, challenge: asked.challenge };
    expect((await add(token, key.create(options))).code).toBe("WRONG_STATE");
    const made = key.create((await offer(token)).body);
    expect((await add(token, made)).status).toBe(200);
    expect((await add(token, made)).code).toBe("WRONG_STATE");
    const mangled = key.create((await offer(token)).body);
    mangled.response.attestationObject = `AAAAAAAA${mangled.response.attestationObject.slice(8)}`;
    expect((await add(token, mangled)).code).toBe("INVALID");
    expect((await passkeysOf("olga")).length).toBe(1);
    expect(await passkeysOf("paul")).toEqual([]);
  });
  test("without a name, or in another shape", async () => {
    const token = await gateway.join("quin", "viewer");
    const made = softwareKey(ORIGIN).create((await offer(token)).body);
    expect((await add(token, made, " ")).code).toBe("INVALID");
    expect((await add(token, { ...made, id: "not base64url!" })).code).toBe("INVALID");
    expect((await add(token, { ...made, response: {} })).code).toBe("INVALID");
    expect((await login("quin", { passkey: { id: "x" } })).code).toBe("INVALID");
  });
  test("from a program with a key of its person", async () => {
    const token = await gateway.join("rosa", "viewer");
    const wanted = { name: "p", role: "viewer", expires_in_days: 1 };
    const key = String((await gateway.ask("POST /api-keys", token, wanted)).body.api_key);
    expect((await offer(key)).code).toBe("FORBIDDEN");
  });
});

describe("a challenge", () => {
  test("is another one each time and tells no names", async () => {
    const [one, two] = [await challenge(), await challenge()];
    expect(one.challenge).not.toBe(two.challenge);
    expect(one).toMatchObject({ rpId: "localhost", userVerification: "preferred" });
    expect(one.allowCredentials ?? []).toEqual([]);
  });
  test("is not made where browsers have no passkeys, and what to do is said", async () => {
    const asked = async (host: string) =>
      (await gateway.ask("POST /auth/passkey/challenge", undefined, {}, { host })).body;
    expect(await asked("127.0.0.1:8092")).toMatchObject({
      status: 422,
      detail: expect.stringContaining("open the page at http://localhost:8092"),
    });
    expect((await asked("[::1]:8092")).detail).toContain("http://localhost:8092");
    expect((await asked("192.0.2.7")).detail).toContain("by its name");
    expect((await asked("chimera.example")).detail).toContain("https");
  });
  test("is not made without end for whoever asks", async () => {
    let limited: Said | undefined;
    for (let at = 0; at < 300 && !limited; at++) {
      const said = await gateway.ask("POST /auth/passkey/challenge", undefined, {}, AT);
      if (said.status !== 200) limited = said;
    }
    expect(limited?.code).toBe("RATE_LIMITED");
    await gateway.sim.advance(MINUTE_MS);
    expect((await challenge()).challenge).toBeString();
  });
});

test("where people open the page is said by the setting, however they ask", async () => {
  const named = await openGateway("passkeys at a name", { CHIMERA_PUBLIC_URL: "https://chimera.example" });
  const key = softwareKey("https://chimera.example");
  const token = await named.join("sue", "viewer");
  const offered = await named.ask("POST /auth/passkeys/offer", token);
  expect(offered.body).toMatchObject({ rp: { id: "chimera.example" } });
  expect(
    (await named.ask("POST /auth/passkeys", token, { name: "k", credential: key.create(offered.body) })).status,
  ).toBe(200);
  const passkey = key.get((await named.ask("POST /auth/passkey/challenge")).body);
  expect(
    (await named.ask("POST /auth/login", undefined, { username: "sue", password: PASSWORD, passkey })).status,
  ).toBe(200);
  await named.stop();
});

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  return new Uint8Array((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
