import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { listen, type Served } from "../../ops/run/serve.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { killState } from "../../shared/collections/people.ts";
import { type Arrival, arrive } from "../../shared/kit/arrival.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";
import { SECURITY_HEADERS } from "./web-files.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

/** What another site's page, or a text that somebody else wrote, could do in a browser of somebody who is signed in. */
const OURS = "https://desk.example";
const EVIL = "https://evil.example";
const HERE: Arrival = { from: "198.51.100.9", isTls: true, origin: OURS };
let gateway: Gateway;
let cookie: string;
let token: string;

beforeAll(async () => {
  gateway = await openGateway("pages");
  await gateway.join("ada", "admin");
  const body = JSON.stringify({ username: "ada", password: PASSWORD });
  const answer = await knock("/auth/login", { method: "POST", headers: { "content-type": "application/json" }, body });
  cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] as string;
  token = ((await answer.json()) as { access_token: string }).access_token;
});
afterAll(async () => {
  await gateway.stop();
});

const hosted = () => gateway.sim.services.hosted.get("s12")!;
const knock = (path: string, init: RequestInit = {}): Promise<Response> =>
  whileRunning(gateway.sim.clock, hosted().fetch(arrive(new Request(OURS + path, init), HERE)));
const isKilled = async () => (await gateway.store.get(killState, "kill"))?.value.enabled === true;
const kill = (headers: Record<string, string>, type = "application/json") =>
  knock("/kill-switch", {
    method: "POST",
    headers: { cookie, "content-type": type, ...headers },
    body: JSON.stringify({ enable: true, reason: "from elsewhere" }),
  });

test("a cookie is for TLS and our own site alone, and no script's", async () => {
  const body = JSON.stringify({ username: "ada", password: PASSWORD });
  const answer = await knock("/auth/login", { method: "POST", headers: { "content-type": "application/json" }, body });
  const set = answer.headers.get("set-cookie") ?? "";
  expect(set).toStartWith("__Host-chimera_session=");
  for (const part of ["Path=/", "HttpOnly", "SameSite=Strict", "Secure"]) expect(set.split("; ")).toContain(part);
  expect(set).not.toContain("Domain");
});

describe("a change that another site's page asks for with the cookie is not done (CSRF)", () => {
  const rows: [string, Record<string, string>][] = [
    ["across sites", { "sec-fetch-site": "cross-site", origin: EVIL }],
    ["from a neighbour of the same site", { "sec-fetch-site": "same-site", origin: "https://other.desk.example" }],
    ["by a browser that says no more than its origin", { origin: EVIL }],
    ["by a page without an origin", { origin: "null" }],
    ["by our name over http", { origin: "http://desk.example" }],
    ["by our name at another port", { origin: `${OURS}:8443` }],
    ["by a name that begins like ours", { origin: `${OURS}.evil.example` }],
    ["with nothing said", {}],
    ["with a referrer alone", { referer: `${OURS}/` }],
  ];
  for (const [what, headers] of rows) {
    test(what, async () => {
      expect([(await kill(headers)).status, await isKilled()]).toEqual([403, false]);
    });
  }
  test("nor as a form or plain text, which need no leave to be sent", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const said = await kill({ "sec-fetch-site": "same-origin", origin: OURS }, type);
      expect([type, said.status, await isKilled()]).toEqual([type, 415, false]);
    }
    const login = {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: '{"username":"ada","password":"x"}',
    };
    expect((await knock("/auth/login", login)).status).toBe(415);
  });
  test("nor by a GET, or by a method named in a header or the address", async () => {
    const headers = { cookie, "x-http-method-override": "POST", "x-method-override": "POST" };
    expect((await knock("/kill-switch?enable=true&reason=x&_method=POST", { headers })).status).toBeLessThan(500);
    expect(await isKilled()).toBe(false);
  });
});

describe("another site's page reads nothing (CORS)", () => {
  for (const origin of [EVIL, "null", OURS, "https://desk.example.evil.example", "file://"]) {
    test(`asked from ${origin}`, async () => {
      const asked = {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      for (const init of [
        { headers: { ...asked, authorization: `Bearer ${token}` } },
        { method: "OPTIONS", headers: asked },
      ]) {
        for (const path of ["/", "/auth/me", "/kill-switch", "/api/v1/orders", "/api/v1/openapi.json", "/nothing"]) {
          const { headers } = await knock(path, init);
          const leaves = [...headers.keys()].filter((name) => name.startsWith("access-control-"));
          expect([path, leaves]).toEqual([path, []]);
          expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
        }
      }
    });
  }
});

describe("every answer forbids what no answer needs (CSP)", () => {
  test("without an exception for inline scripts or styles, or for any other site", () => {
    const policy = SECURITY_HEADERS["content-security-policy"] as string;
    expect(policy).toStartWith("default-src 'none'");
    for (const hole of ["unsafe-inline", "unsafe-eval", "unsafe-hashes", "*", "http:", "https:", "blob:"]) {
      expect([hole, policy.includes(hole)]).toEqual([hole, false]);
    }
    // Reports of trades are shown in a frame, under a policy of their own.
    for (const part of ["frame-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(part);
  });
  const post = (body: BodyInit, type = "application/json"): RequestInit => ({
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    body,
  });
  const rows: [number, string, () => RequestInit][] = [
    [200, "/health", () => ({})],
    [200, "/docs", () => ({})],
    [200, "/auth/me", () => ({ headers: { authorization: `Bearer ${token}` } })],
    [200, "/api/v1/orders", () => ({ headers: { authorization: `Bearer ${token}` } })],
    [200, "/api/v1/orders", () => ({ headers: { authorization: `Bearer ${token}`, accept: "text/csv" } })],
    [200, "/api/v1/events", () => ({ headers: { authorization: `Bearer ${token}` } })],
    [200, "/api/v1/docs", () => ({ headers: { authorization: `Bearer ${token}` } })],
    [400, "/%", () => ({})],
    [400, "/auth/login", () => post("{")],
    [401, "/auth/me", () => ({})],
    [401, "/nothing", () => ({ method: "POST" })],
    [403, "/kill-switch", () => ({ ...post("{}"), headers: { cookie, origin: EVIL } })],
    [404, "/nothing.js", () => ({ headers: { authorization: `Bearer ${token}` } })],
    [405, "/auth/me", () => ({ method: "DELETE" })],
    [413, "/auth/login", () => post("x".repeat(1_100_000))],
    [415, "/auth/login", () => post("{}", "text/plain")],
  ];
  for (const [status, path, init] of rows) {
    test(`${status} ${path}`, async () => {
      const answer = await knock(path, init());
      await answer.body?.cancel();
      expect(answer.status).toBe(status);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        expect([name, answer.headers.get(name)]).toEqual([name, value]);
      }
    });
  }
});

describe("live events over a socket", () => {
  let served: Served;
  beforeAll(() => {
    served = listen("the gateway", {
      port: 0,
      answer: (request) => whileRunning(gateway.sim.clock, hosted().fetch(arrive(request, HERE))),
    });
  });
  afterAll(() => served.stop());
  const open = (headers: Record<string, string>): Promise<"open" | "refused"> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${served.port}/api/v1/events`, { headers } as never);
      socket.onopen = () => {
        resolve("open");
        socket.close();
      };
      socket.onerror = () => resolve("refused");
    });
  const rows: [string, string | undefined, "open" | "refused"][] = [
    ["our own page", OURS, "open"],
    ["another site's page", EVIL, "refused"],
    ["a page without an origin", "null", "refused"],
    ["our name over http", "http://desk.example", "refused"],
  ];
  for (const [what, origin, outcome] of rows) {
    test(`${what}: ${outcome}`, async () => {
      expect(await open({ cookie, ...(origin !== undefined && { origin }) })).toBe(outcome);
    });
  }
  test("nobody: refused", async () => expect(await open({ origin: OURS })).toBe("refused"));
});

describe("a text that somebody wrote is a text wherever it is shown", () => {
  const MARKUP = `<img src=x onerror=alert(1)><script>alert(2)</script>"'><svg/onload=alert(3)>=cmd|'/C calc'!A0`;
  test("as an answer it is JSON that no browser takes for a page, and as a table no formula", async () => {
    const answer = await knock("/kill-switch", {
      method: "POST",
      headers: { cookie, "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ enable: true, reason: MARKUP }),
    });
    expect(answer.status).toBe(200);
    await gateway.sim.advance(2_000);
    const signed = { authorization: `Bearer ${token}` };
    for (const path of [
      "/kill-switch",
      "/audit",
      "/api/v1/search?q=alert",
      `/api/v1/orders/${encodeURIComponent(MARKUP)}`,
    ]) {
      const { headers } = await knock(path, { headers: signed });
      expect(headers.get("content-type")).toMatch(/^application\/(problem\+)?json/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    const table = await knock("/audit", { headers: { ...signed, accept: "text/csv" } });
    expect(table.headers.get("content-type")).toStartWith("text/csv");
    expect(table.headers.get("content-disposition")).toStartWith("attachment");
    expect(await table.text()).not.toMatch(/(^|,)[=+@]/m);
    await knock("/kill-switch", {
      method: "POST",
      headers: { cookie, "content-type": "application/json", "sec-fetch-site": "same-origin" },
      body: JSON.stringify({ enable: false, reason: "tried" }),
    });
  });
  test("and the page puts no text into itself as markup, or as an address or a program to follow", async () => {
    const holes =
      /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc|javascript:/i;
    const found: string[] = [];
    for (const path of new Bun.Glob("web/**/*.{ts,tsx,html}").scanSync(import.meta.dir)) {
      if (path.includes(".test.")) continue;
      const text = await Bun.file(join(import.meta.dir, path)).text();
      if (holes.test(text)) found.push(path);
    }
    expect(found).toEqual([]);
  });
});
