import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import { auditLog, killState, users } from "../../shared/collections/people.ts";
import { type Arrival, arrive } from "../../shared/kit/arrival.ts";
import { createTokens, type Tokens } from "../../shared/kit/auth.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { rpcPath } from "../../shared/kit/rpc.ts";
import { type Gateway, openGateway, PASSWORD, type Said } from "./people.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

/** Attacks on who one is and what one may, each on the whole system in memory; roles have tables of their own. */
const INNER: readonly ServiceId[] = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11"];
const HERE: Arrival = { from: "198.51.100.9", isTls: true, origin: "https://desk.example" };
let gateway: Gateway;
let tokens: Tokens;
let admin: string;
let viewer: string;

beforeAll(async () => {
  gateway = await openGateway("door attacks");
  tokens = createTokens(gateway.sim.world.serviceKey, gateway.sim.clock);
  admin = await gateway.join("ada", "admin");
  viewer = await gateway.join("vic", "viewer");
});
afterAll(async () => {
  await gateway.stop();
});

const inner = () => INNER.filter((id) => gateway.sim.services.hosted.has(id));
const running = <T>(work: Promise<T>): Promise<T> => whileRunning(gateway.sim.clock, work);
/** At the gateway's door or a service's own, as it would come from a socket. */
const knock = (id: ServiceId, path: string, init: RequestInit = {}): Promise<Response> => {
  const request = arrive(new Request(`https://desk.example${path}`, init), HERE);
  return running(gateway.sim.services.hosted.get(id)!.fetch(request));
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const userNamed = async (name: string) => (await gateway.store.get(users, name))?.value;
const isKilled = async () => (await gateway.store.get(killState, "kill"))?.value.enabled === true;

describe("direct calls to 8081-8091 past the gateway", () => {
  test("with what opens the gateway open nothing", async () => {
    const made = await gateway.ask("POST /api-keys", admin, { name: "direct", role: "admin", expires_in_days: 1 });
    for (const id of inner()) {
      for (const token of [admin, viewer, String(made.body.api_key), "chk_x", PASSWORD]) {
        const said = [id, (await knock(id, "/nothing", { headers: bearer(token) })).status];
        expect(said).toEqual([id, 401]);
      }
      expect([
        id,
        (await knock(id, "/nothing", { headers: { cookie: `__Host-chimera_session=${admin}` } })).status,
      ]).toEqual([id, 401]);
    }
  });
  test("with one service's token open no other", async () => {
    for (const id of inner()) {
      const other = id === "s04" ? "s05" : "s04";
      const token = await running(tokens.mint("s12", other, { id: "mallory", role: "admin" }));
      expect([id, (await knock(id, "/nothing", { headers: bearer(token) })).status]).toEqual([id, 401]);
    }
  });
  test("as a person do nothing that is for services, by REST or RPC", async () => {
    for (const id of inner()) {
      const person = await running(tokens.mint("s12", id, { id: "mallory", role: "admin" }));
      for (const verb of gateway.sim.services.hosted.get(id)!.verbs) {
        const paths = [
          ...(verb.rpc ? [rpcPath({ id, desc: verb.rpc.desc.parent, methods: {} }, verb.rpc)] : []),
          ...(verb.rest?.startsWith("POST") && verb.audience === "service" ? [verb.rest.slice(5)] : []),
        ];
        for (const path of paths) {
          const { status } = await knock(id, path.replace(/\{\w+\}/g, "x"), json({}, bearer(person)));
          expect([id, path, status]).toEqual([id, path, 403]);
        }
      }
    }
  });
});

describe("identity headers", () => {
  const CLAIMS = {
    ...{
      "x-user": "ada",
      "x-forwarded-user": "ada",
      "x-remote-user": "ada",
      "x-role": "admin",
      "x-chimera-role": "admin",
    },
    ...{ "chimera-caller": "s04", "chimera-from": "127.0.0.1", "chimera-shard": "0", "chimera-lease": "s04/0;1" },
    ...{ "x-original-url": "/users", "x-rewrite-url": "/users", "x-http-method-override": "GET" },
  };
  test("spoofed at the gateway make nobody somebody, and a viewer no admin", async () => {
    expect((await knock("s12", "/users", { headers: CLAIMS })).status).toBe(401);
    expect((await knock("s12", "/users", { headers: { ...CLAIMS, ...bearer(viewer) } })).status).toBe(403);
    const answer = await knock("s12", "/auth/me", { headers: { ...CLAIMS, ...bearer(viewer) } });
    expect(await answer.json()).toMatchObject({ username: "vic", role: "viewer" });
  });
  test("spoofed inside do neither, with a person's token or none", async () => {
    for (const id of inner()) {
      expect([id, (await knock(id, "/nothing", { headers: CLAIMS })).status]).toEqual([id, 401]);
    }
    const person = await running(tokens.mint("s12", "s06", { id: "vic", role: "viewer" }));
    const flatten = json(
      { instruments: ["FUT:BTCUSDT"], reason: "x" },
      { ...CLAIMS, ...bearer(person), "idempotency-key": "1" },
    );
    expect((await knock("s06", "/positions/flatten", flatten)).status).toBe(403);
  });
  test("are not passed on by the gateway", async () => {
    const headers = { ...CLAIMS, ...bearer(admin), "idempotency-key": "passed" };
    const answer = await knock(
      "s12",
      "/api/v1/positions/flatten",
      json({ instruments: ["FUT:BTCUSDT"], reason: "claims" }, headers),
    );
    expect(answer.status).toBe(200);
    await gateway.sim.advance(2_000);
    const page = await gateway.store.query(auditLog, { where: { what: "position.flatten" }, limit: 10 });
    expect(page.items.map(({ value: { actor, from } }) => [actor, from])).toEqual([["ada", HERE.from as string]]);
  });
});

describe("from another machine", () => {
  test("how busy the gateway is, and who fails to sign in, is told to nobody who has not signed in", async () => {
    for (const path of ["/metrics", "/%6detrics"]) {
      expect([path, (await knock("s12", path)).status]).toEqual([path, 401]);
      expect([path, (await knock("s12", path, { headers: bearer(viewer) })).status]).toEqual([path, 200]);
    }
    expect((await knock("s12", "/health")).status).toBe(200);
  });
  test("S11 is told the gateway's metrics by its token as a service, if it is ours and for the gateway", async () => {
    const scrape = async (token: Promise<string>) =>
      (await knock("s12", "/metrics", { headers: bearer(await running(token)) })).status;
    expect(await scrape(tokens.mint("s11", "s12"))).toBe(200);
    expect(await scrape(tokens.mint("s11", "s10"))).toBe(401);
    expect(await scrape(createTokens(new Uint8Array(32), gateway.sim.clock).mint("s11", "s12"))).toBe(401);
  });
  test("a cookie that another host, or a page without TLS, could have set is none", async () => {
    const login = json({ username: "vic", password: PASSWORD });
    const said = (await knock("s12", "/auth/login", login)).headers.get("set-cookie")?.split(";")[0] as string;
    const planted = said.replace("__Host-", "");
    expect([said.length - planted.length]).toEqual([7]);
    expect((await knock("s12", "/auth/me", { headers: { cookie: said } })).status).toBe(200);
    expect((await knock("s12", "/auth/me", { headers: { cookie: planted } })).status).toBe(401);
    const own = { "sec-fetch-site": "same-origin" };
    expect((await knock("s12", "/auth/refresh", json({}, { ...own, cookie: planted }))).status).toBe(401);
    expect((await knock("s12", "/auth/logout", json({}, { ...own, cookie: planted }))).status).toBe(401);
    expect((await knock("s12", "/auth/refresh", json({}, { ...own, cookie: said }))).status).toBe(200);
  });
});

describe("other people's ids", () => {
  test("their sessions are neither seen nor ended", async () => {
    const theirs = (await gateway.ask("GET /auth/sessions", admin)).body.items as { session_id: string }[];
    const own = (await gateway.ask("GET /auth/sessions", viewer)).body.items as { session_id: string }[];
    const ids = theirs.map(({ session_id }) => session_id);
    expect(own.filter(({ session_id }) => ids.includes(session_id))).toEqual([]);
    const unknown = await gateway.ask("POST /auth/sessions/nobodys/end", viewer);
    for (const id of ids) {
      const said = await gateway.ask(`POST /auth/sessions/${id}/end`, viewer);
      // As if there were none, so that trying tells nothing.
      expect([said.status, said.code]).toEqual([unknown.status, unknown.code]);
    }
    expect((await gateway.ask("GET /auth/me", admin)).status).toBe(200);
  });
  test("their API keys are neither seen nor ended", async () => {
    const made = await gateway.ask("POST /api-keys", admin, { name: "ada's", role: "viewer", expires_in_days: 1 });
    const key = String(made.body.key_id);
    const seen = JSON.stringify((await gateway.ask("GET /api-keys?limit=1000", viewer)).body);
    expect(seen).not.toContain(key);
    const unknown = await gateway.ask("DELETE /api-keys/nobodys", viewer);
    const said = await gateway.ask(`DELETE /api-keys/${key}`, viewer);
    expect([said.status, said.code]).toEqual([unknown.status, unknown.code]);
    expect((await gateway.ask("GET /auth/me", String(made.body.api_key))).status).toBe(200);
  });
  test("their second factor, password and role cannot be named", async () => {
    const before = await userNamed("ada");
    const named = {
      username: "ada",
      id: "ada",
      password: PASSWORD,
      new_password: "a-whole-new-password",
      code: "000000",
    };
    for (const path of ["/auth/totp/enrol", "/auth/totp/disable", "/auth/password"]) {
      await gateway.ask(`POST ${path}?username=ada`, await gateway.join("eve", "viewer"), named);
    }
    for (const act of ["role", "disable", "enable", "reset-password"]) {
      expect((await gateway.ask(`POST /users/ada/${act}`, viewer, { role: "viewer" })).status).toBe(403);
    }
    expect(await userNamed("ada")).toEqual(before as never);
  });
});

describe("extra fields are not taken for what they say", () => {
  const EXTRA = '"role":"admin","approved_by":"ada","second":"ada","actor":"ada","from":"127.0.0.1","kind":"service"';
  const PROTO = '"__proto__":{"role":"admin","second":"ada"},"constructor":{"prototype":{"role":"admin"}}';
  test("at the sign-in", async () => {
    const said = await knock(
      "s12",
      "/auth/login",
      json(`{"username":"vic","password":"${PASSWORD}",${EXTRA},${PROTO}}`),
    );
    const { access_token } = (await said.json()) as { access_token: string };
    expect((await gateway.ask("GET /auth/me", access_token)).body).toMatchObject({ username: "vic", role: "viewer" });
  });
  test("in a key made by a viewer: not above their own role", async () => {
    const wanted = (role: string) => `{"name":"k","expires_in_days":1,${PROTO},"username":"ada","role":"${role}"}`;
    expect((await knock("s12", "/api-keys", json(wanted("admin"), bearer(viewer)))).status).toBe(403);
    const plain = await knock("s12", "/api-keys", json(wanted("viewer"), bearer(viewer)));
    expect(await plain.json()).toMatchObject({ username: "vic", role: "viewer" });
  });
  test("in what is forwarded, and nothing of it sticks to anything", async () => {
    const body = `{"instruments":["FUT:BTCUSDT"],"reason":"extra",${EXTRA},${PROTO}}`;
    const answer = await knock(
      "s12",
      "/api/v1/positions/flatten",
      json(body, { ...bearer(viewer), "idempotency-key": "x" }),
    );
    expect(answer.status).toBe(403);
    const trader = await gateway.join("tom", "trader");
    await knock("s12", "/api/v1/positions/flatten", json(body, { ...bearer(trader), "idempotency-key": "x" }));
    await gateway.sim.advance(2_000);
    const page = await gateway.store.query(auditLog, { where: { actor: "tom", what: "position.flatten" }, limit: 10 });
    expect(page.items).toHaveLength(1);
    expect(({} as Record<string, unknown>).role).toBeUndefined();
  });
  test("twice the same one: the last counts, for all who read it", async () => {
    const twice = '{"enable":true,"enable":"x","reason":"twice"}';
    expect((await knock("s12", "/kill-switch", json(twice, bearer(admin)))).status).toBe(400);
    expect(await isKilled()).toBe(false);
  });
});

test("one person's live views, however many keys they have, leave room for everybody else's", async () => {
  const made = await gateway.ask("POST /api-keys", viewer, { name: "views", role: "viewer", expires_in_days: 1 });
  const listening: Response[] = [];
  const listen = async (token: string): Promise<number> => {
    const answer = await knock("s12", "/api/v1/events?topics=alerts", { headers: bearer(token) });
    listening.push(answer);
    return answer.status;
  };
  const statuses: number[] = [];
  for (let at = 0; at < 60; at++) statuses.push(await listen(at % 2 === 0 ? viewer : String(made.body.api_key)));
  expect([statuses.filter((status) => status === 200).length, statuses.at(-1)]).toEqual([50, 429]);
  expect(await listen(admin)).toBe(200);
  await Promise.all(listening.map(({ body }) => body?.cancel()));
  expect(await listen(viewer)).toBe(200);
  await listening.at(-1)?.body?.cancel();
});

describe("guessing who there is", () => {
  /** How often time stood still for a password's hash: that is the work that takes long enough to be seen. */
  async function guess(username: string, password: string): Promise<{ said: Said; hashes: number }> {
    const { clock } = gateway.sim;
    const hold = clock.hold.bind(clock);
    let hashes = 0;
    clock.hold = ((work: Promise<unknown>) => {
      hashes++;
      return hold(work);
    }) as typeof clock.hold;
    try {
      return { said: await gateway.login(username, password), hashes };
    } finally {
      clock.hold = hold;
    }
  }
  test("tells nothing: the same answer and the same work for an unknown name, a disabled one and a wrong password", async () => {
    await gateway.join("dora", "viewer");
    expect((await gateway.ask("POST /users/dora/disable", admin)).status).toBeLessThan(300);
    await guess("warm-up", "x");
    const guesses = [
      await guess("nobody-there", "wrong"),
      await guess("ada", "wrong"),
      await guess("dora", PASSWORD),
      await guess("'; DROP TABLE c_users;--", "wrong"),
      await guess("ada}{*:", "wrong"),
    ];
    const told = guesses.map(({ said: { status, code, body }, hashes }) => ({
      ...{ status, code, hashes, detail: body.detail, fields: Object.keys(body) },
    }));
    expect(told.map((each) => JSON.stringify(each))).toEqual(told.map(() => JSON.stringify(told[0])));
    expect(told[0]).toMatchObject({ status: 401, code: "BAD_CREDENTIALS" });
  });
  test("ends after a few, for a name that is there and one that is not alike, and says when to come back", async () => {
    for (const name of ["ada", "no-such-person"]) {
      const statuses: number[] = [];
      let last: Said | undefined;
      for (let n = 0; n < 12; n++) {
        last = await gateway.login(name, `guess-${n}`);
        statuses.push(last.status);
      }
      expect([name, statuses.includes(429), last?.code]).toEqual([name, true, "RATE_LIMITED"]);
      expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(statuses.indexOf(429)).toBeGreaterThan(5);
    }
    expect((await gateway.login("ada", PASSWORD)).status).toBe(429);
    // Who is signed in already stays so.
    expect((await gateway.ask("GET /auth/me", admin)).status).toBe(200);
  });
});
