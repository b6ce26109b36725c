import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { generate } from "selfsigned";
import { wallClock } from "../../shared/adapters/clock.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { type Arrival, arrivalOf } from "../../shared/kit/arrival.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { rootLog } from "../../shared/kit/log.ts";
import { certificateFor } from "./certificate.ts";
import { type DataFolder, openFolder } from "./folder.ts";
import { listen, type Served } from "./serve.ts";
import { openingOf, serveGateway } from "./serve-gateway.ts";
import { canSharePorts } from "./shared-port.ts";

const LOOK_MS = 30_000;
let folder: DataFolder;
let clock: VirtualClock;
let lines: string[];
let served: Served[];
beforeEach(() => {
  folder = openFolder(mkdtempSync(join(tmpdir(), "gateway-")), {
    mode: "paper",
    venue: "paper-quiet",
    account: "main",
  });
  clock = new VirtualClock(0);
  lines = [];
  served = [];
});
afterEach(async () => {
  await Promise.all(served.map((each) => each.stop()));
  rmSync(folder.path, { recursive: true, force: true });
});

/** Answers with how the request came, and with the headers that are left of it. */
const hosted = {
  fetch: async (request: Request) =>
    Response.json({ ...arrivalOf(request), headers: Object.fromEntries(request.headers), url: request.url }),
};
type Told = Arrival & { headers: Record<string, string>; url: string };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

async function open(env: Record<string, string>): Promise<{ here: string; port: number; there: number }> {
  const [port, there] = [await freePort(), await freePort()];
  const log = rootLog(clock, (line) => lines.push(line), "info");
  const all = { CHIMERA_PUBLIC_PORT: String(there), ...env };
  const { serviceKey } = folder;
  served.push(await serveGateway({ hosted, port, env: all, folder, serviceKey, clock, log }));
  return { here: `http://127.0.0.1:${port}`, port, there };
}
const ask = async (url: string, headers: Record<string, string> = {}): Promise<Told> =>
  (await (await fetch(url, { headers, tls: { rejectUnauthorized: false } })).json()) as Told;
const certificateAt = (port: number): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    }).on("error", reject);
  });

const CLAIMS = { "x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https", "x-forwarded-host": "desk.example" };

describe("for this machine", () => {
  test("plain, and nobody's claims count or get any farther", async () => {
    const { here } = await open({});
    const told = await ask(here, { ...CLAIMS, forwarded: "for=1.1.1.1", "x-real-ip": "1.1.1.1", "x-other": "kept" });
    expect(told).toMatchObject({ from: "127.0.0.1", isTls: false, origin: here, headers: { "x-other": "kept" } });
    expect(Object.keys(told.headers).filter((name) => /forwarded|real-ip/.test(name))).toEqual([]);
  });
  test("nothing from elsewhere is served in the clear by a trusted proxy, but for its own probes", async () => {
    const { here } = await open({ CHIMERA_TRUSTED_PROXIES: "127.0.0.1" });
    const { "x-forwarded-proto": _, ...plain } = CLAIMS;
    for (const headers of [plain, { ...plain, "x-forwarded-proto": "http" }]) {
      const response = await fetch(`${here}/auth/login`, { method: "POST", headers });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("X-Forwarded-Proto: https");
      expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    }
    expect(await ask(`${here}/health`, plain)).toMatchObject({ from: "198.51.100.9", isTls: false });
    expect(await ask(here, CLAIMS)).toMatchObject({
      from: "198.51.100.9",
      isTls: true,
      origin: "https://desk.example",
    });
    expect(await ask(here)).toMatchObject({ from: "127.0.0.1", isTls: false });
  });
});

const outer = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
if (!outer) console.log("skipped: needs an address that is not loopback");

describe.if(outer !== undefined)("in a container, whose port others can reach", () => {
  test("it is as closed as before: nothing in the clear but probes and what services ask", async () => {
    const { port } = await open({ CHIMERA_BIND: "0.0.0.0" });
    const there = `http://${outer}:${port}`;
    expect((await fetch(`${there}/auth/login`, { method: "POST" })).status).toBe(403);
    expect((await fetch(there, { headers: { "x-forwarded-for": "127.0.0.1" } })).status).toBe(403);
    expect(await ask(`${there}/health`)).toMatchObject({ from: outer as string });
    const tokens = createTokens(folder.serviceKey, clock);
    const bearing = async (token: string) =>
      (await fetch(there, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await bearing(await tokens.mint("s06", "s12"))).toBe(200);
    expect(await bearing(await tokens.mint("s06", "s04"))).toBe(403);
    expect(await bearing(await tokens.mint("cli", "s12", { id: "admin", role: "admin" }))).toBe(403);
    expect(await bearing(await createTokens(new Uint8Array(32), clock).mint("s06", "s12"))).toBe(403);
  });
  test("what the host publishes on its own loopback is this machine, where that is said", async () => {
    const { port } = await open({ CHIMERA_BIND: "0.0.0.0", CHIMERA_LOCAL_ADDRESSES: `192.0.2.1, ${outer}/32` });
    expect(await ask(`http://${outer}:${port}/x`)).toMatchObject({ from: "127.0.0.1", isTls: false });
    await expect(open({ CHIMERA_LOCAL_ADDRESSES: "0.0.0.0/0" })).rejects.toThrow("CHIMERA_LOCAL_ADDRESSES");
  });
  test("over the services' own TLS everybody's request is encrypted", async () => {
    const made = await generate([{ name: "commonName", value: "localhost" }]);
    const files = { cert: join(folder.path, "c.pem"), key: join(folder.path, "k.pem") };
    writeFileSync(files.cert, made.cert);
    writeFileSync(files.key, made.private);
    const env = { CHIMERA_SERVICE_TLS_CERT: files.cert, CHIMERA_SERVICE_TLS_KEY: files.key };
    const { port } = await open({ CHIMERA_BIND: "0.0.0.0", ...env });
    const url = `https://${outer}:${port}/x`;
    expect(await ask(url)).toMatchObject({ from: outer as string, isTls: true });
    const response = await fetch(url, { tls: { rejectUnauthorized: false } });
    expect(response.headers.get("strict-transport-security")).toBeNull();
  });
});

describe("beyond it", () => {
  test("over TLS by itself, with a certificate whose fingerprint is told, and without HSTS", async () => {
    const env = { CHIMERA_HOST: "127.0.0.1", CHIMERA_HOST_NAMES: "localhost" };
    const { there } = await open(env);
    const own = await certificateFor({ files: undefined, names: [] }, folder, Date.now());
    const response = await fetch(`https://localhost:${there}/x`, { tls: { ca: own.cert } });
    expect(response.headers.get("strict-transport-security")).toBeNull();
    expect(await response.json()).toMatchObject({
      from: "127.0.0.1",
      isTls: true,
      origin: `https://localhost:${there}`,
    });
    const opening = await openingOf({ ...env, CHIMERA_PUBLIC_PORT: String(there) }, folder);
    expect(opening?.url).toBe(`https://localhost:${there}/`);
    expect((await certificateAt(there)).fingerprint256).toBe(opening?.certificate?.fingerprint as string);
    await expect(fetch(`http://127.0.0.1:${there}/`)).rejects.toThrow();
  });
  test("at all addresses, IPv6 and IPv4 within it, each told as one says it", async () => {
    const { there } = await open({ CHIMERA_HOST: "::" });
    expect((await ask(`https://[::1]:${there}/`)).from).toBe("::1");
    expect((await ask(`https://127.0.0.1:${there}/`)).from).toBe("127.0.0.1");
  });
  test("behind proxies on both kinds of address, over several hops", async () => {
    const { there } = await open({ CHIMERA_HOST: "::", CHIMERA_TRUSTED_PROXIES: "127.0.0.0/8 ::1 10.0.0.0/8" });
    const headers = { ...CLAIMS, "x-forwarded-for": "6.6.6.6, 2001:db8::5, ::ffff:10.0.0.9" };
    for (const host of ["[::1]", "127.0.0.1"]) {
      expect((await ask(`https://${host}:${there}/`, headers)).from).toBe("2001:db8::5");
    }
  });
  test("in the clear to trusted proxies alone", async () => {
    const { there } = await open({
      CHIMERA_HOST: "127.0.0.1",
      CHIMERA_TLS: "off",
      CHIMERA_TRUSTED_PROXIES: "127.0.0.1",
    });
    expect(await ask(`http://127.0.0.1:${there}`, CLAIMS)).toMatchObject({ from: "198.51.100.9", isTls: true });
  });
  test("not at all at an address of another machine, or a taken port", async () => {
    await expect(open({ CHIMERA_HOST: "192.0.2.77" })).rejects.toThrow("192.0.2.77 is no address of this machine");
    const taken = listen("somebody", { port: 0, answer: () => new Response() });
    served.push(taken);
    const open2 = open({ CHIMERA_HOST: "127.0.0.1", CHIMERA_PUBLIC_PORT: String(taken.port) });
    await expect(open2).rejects.toThrow(`Port ${taken.port} of the gateway is taken`);
  });
});

describe.skipIf(!canSharePorts)("taking over from one that runs", () => {
  test("whoever comes from then on waits until it is in place, and is refused by nobody; probes are answered", async () => {
    const named = (name: string) => ({ fetch: async () => new Response(name) });
    const parts = { env: {}, folder, serviceKey: folder.serviceKey, log: rootLog(clock, () => {}, "info") };
    const port = await freePort();
    const old = await serveGateway({ ...parts, hosted: named("old"), port, clock });
    served.push(old);
    const text = async (path = "/") => (await fetch(`http://127.0.0.1:${port}${path}`, { keepalive: false })).text();
    expect(await text()).toBe("old");
    let isInPlace = false;
    const relieving = { isInPlace: () => isInPlace };
    const real = wallClock();
    served.push(await serveGateway({ ...parts, hosted: named("new"), relieving, port, clock: real }));
    const asked = text();
    expect(await text("/ready")).toBe("new");
    old.leave();
    await old.quiet();
    await old.finish();
    expect(await Promise.race([asked, Bun.sleep(50).then(() => "waits")])).toBe("waits");
    isInPlace = true;
    expect(await asked).toBe("new");
    // Once in place it tells at once what it cannot do, as any other.
    isInPlace = false;
    expect(await text()).toBe("new");
  });
  test("over TLS too, at IPv6 and at IPv4 within it", async () => {
    const named = (name: string) => ({ fetch: async () => new Response(name) });
    const [port, there] = [await freePort(), await freePort()];
    const env = { CHIMERA_HOST: "::", CHIMERA_PUBLIC_PORT: String(there) };
    const real = wallClock();
    const parts = {
      env,
      folder,
      serviceKey: folder.serviceKey,
      log: rootLog(clock, () => {}, "info"),
      port,
      clock: real,
    };
    const texts = () =>
      Promise.all(
        [`https://[::1]:${there}/`, `https://127.0.0.1:${there}/`, `http://127.0.0.1:${port}/`].map(async (url) =>
          (await fetch(url, { tls: { rejectUnauthorized: false }, keepalive: false })).text(),
        ),
      );
    let old = await serveGateway({ ...parts, hosted: named("0") });
    for (const name of ["1", "2"]) {
      const relieving = { isInPlace: () => true };
      const next = await serveGateway({ ...parts, hosted: named(name), relieving });
      served.push(next);
      expect(await texts()).toEqual([name, name, name]);
      old.leave();
      await old.quiet();
      await old.finish();
      expect(await texts()).toEqual([name, name, name]);
      old = next;
    }
    expect([old.isShared, old.takesAll]).toEqual([true, true]);
    await expect(serveGateway({ ...parts, hosted: named("another") })).rejects.toThrow(`Port ${port} of the gateway`);
  });
});

describe("not in place yet", () => {
  test("nothing is done for whoever has gone away before it is in place", async () => {
    const done: string[] = [];
    const answer = { fetch: async (request: Request) => Response.json(done.push(new URL(request.url).pathname)) };
    const parts = { env: {}, folder, serviceKey: folder.serviceKey, log: rootLog(clock, () => {}, "info") };
    const port = await freePort();
    let isInPlace = false;
    const relieving = { isInPlace: () => isInPlace };
    served.push(await serveGateway({ ...parts, hosted: answer, relieving, port, clock: wallClock() }));
    /** By then it has been told of all that came or hung up before: it is asked over other connections. */
    const turns = async () => {
      for (let n = 0; n < 5; n++) await fetch(`http://127.0.0.1:${port}/ready`, { keepalive: false });
      done.length = 0;
    };
    const hangUp = new AbortController();
    const gone = fetch(`http://127.0.0.1:${port}/gone`, { method: "POST", signal: hangUp.signal });
    const stays = fetch(`http://127.0.0.1:${port}/stays`, { method: "POST" });
    await turns();
    hangUp.abort();
    await gone.catch(() => undefined);
    await turns();
    isInPlace = true;
    await stays;
    expect(done).toEqual(["/stays"]);
  });
});

describe("certificate files that change", () => {
  const make = (name: string) =>
    generate([{ name: "commonName", value: name }], { keyType: "ec", algorithm: "sha256" });
  const write = ({ cert, private: key }: { cert: string; private: string }): void => {
    writeFileSync(join(folder.path, "cert.pem"), cert);
    writeFileSync(join(folder.path, "key.pem"), key);
  };
  const env = () => ({
    CHIMERA_HOST: "127.0.0.1",
    CHIMERA_TLS_CERT: join(folder.path, "cert.pem"),
    CHIMERA_TLS_KEY: join(folder.path, "key.pem"),
  });
  async function look(): Promise<void> {
    await clock.run(clock.now() + LOOK_MS);
  }

  test("are used from then on, and who is connected stays", async () => {
    write(await make("one"));
    const { there } = await open(env());
    expect((await certificateAt(there)).subject.CN).toBe("one");
    write(await make("two"));
    await look();
    expect((await certificateAt(there)).subject.CN).toBe("two");
    expect((await ask(`https://127.0.0.1:${there}/`)).isTls).toBe(true);
  });
  test("that others vouch for bring HSTS", async () => {
    const authority = await make("authority");
    const ca = { key: authority.private, cert: authority.cert };
    write(await generate([{ name: "commonName", value: "desk.example" }], { keyType: "ec", algorithm: "sha256", ca }));
    const { there, here } = await open(env());
    const hsts = async (url: string) =>
      (await fetch(url, { tls: { rejectUnauthorized: false } })).headers.get("strict-transport-security");
    expect(await hsts(`https://127.0.0.1:${there}/`)).toBe("max-age=31536000");
    expect(await hsts(here)).toBeNull();
  });
  test("are left alone while they fit nobody, and said once", async () => {
    write(await make("one"));
    const { there } = await open(env());
    writeFileSync(join(folder.path, "key.pem"), (await make("two")).private);
    await look();
    await look();
    expect((await certificateAt(there)).subject.CN).toBe("one");
    expect(lines.filter((line) => line.includes("of no use"))).toHaveLength(1);
  });
});
