import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen, type Served } from "../../ops/run/serve.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import { BODY_MS_MAX } from "../../shared/kit/body.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

/** What no client ever says, and so no library sends: bytes on a socket of the gateway. */
const QUIET_MS = 150;
const SECRET = "nobody-reads-this-7f3a";
let folder: string;
let gateway: Gateway;
let served: Served;
let token: string;
let asked: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sockets-"));
  mkdirSync(join(folder, "web", "assets"), { recursive: true });
  mkdirSync(join(folder, "keys"));
  writeFileSync(join(folder, "keys", "service.key"), SECRET);
  writeFileSync(join(folder, "web", "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "web", "assets", "app-0123abcd.js"), "1;");
  gateway = await openGateway("sockets", { CHIMERA_WEB_FOLDER: join(folder, "web") });
  token = await gateway.join("ada", "admin");
  const hosted = gateway.sim.services.hosted.get("s12")!;
  served = listen("the gateway", {
    port: 0,
    answer(request, server) {
      asked++;
      const from = server.requestIP(request)?.address;
      return whileRunning(gateway.sim.clock, hosted.fetch(arrive(request, { from, isTls: false, origin: undefined })));
    },
  });
});
afterAll(async () => {
  await served.stop();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Heard {
  /** Of each answer on the socket, in order. */
  statuses: number[];
  text: string;
  isClosed: boolean;
}

/** Writes bytes, and hears until the other side closes or has said nothing for a while. */
function say(...parts: (string | Uint8Array)[]): Promise<Heard> {
  asked = 0;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(served.port, "127.0.0.1", () => {
      for (const part of parts) socket.write(part);
    });
    const end = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString("latin1");
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
      resolve({ statuses, text, isClosed });
    };
    let timer = setTimeout(() => end(false), 4_000);
    socket.on("data", (chunk) => {
      chunks.push(Buffer.from(chunk as Uint8Array));
      clearTimeout(timer);
      timer = setTimeout(() => end(false), QUIET_MS);
    });
    socket.on("close", () => end(true));
    socket.on("error", () => end(true));
  });
}
const lines = (...all: string[]): string => [...all, "Host: desk.example", "Connection: close", "", ""].join("\r\n");
const get = (target: string, ...headers: string[]) => say(lines(`GET ${target} HTTP/1.1`, ...headers));
/** A change that its person may ask for; the body comes apart from its headers. */
const post = (headers: string[], body: string | Uint8Array) => {
  const signed = [`Authorization: Bearer ${token}`, "Content-Type: application/json", "Idempotency-Key: socket"];
  return say(lines("POST /api/v1/positions/flatten HTTP/1.1", ...signed, ...headers), body);
};
const SECOND = "GET /api/v1/users HTTP/1.1\r\nHost: desk.example\r\n\r\n";

describe("path tricks lead to no file, and to nothing that the path as it stands does not name", () => {
  const rows: [string, number][] = [
    ["/../keys/service.key", 404],
    ["/%2e%2e/keys/service.key", 404],
    ["/..%2fkeys%2fservice.key", 404],
    ["/assets/../../keys/service.key", 404],
    ["/assets/..%5c..%5ckeys%5cservice.key", 404],
    ["//keys/service.key", 404],
    ["/;/keys/service.key", 404],
    ["/index.html%00.key", 404],
    ["/%c0%ae%c0%ae/keys/service.key", 400],
    ["/%", 400],
    ["/%ff.js", 400],
    ["http://evil.example/keys/service.key", 404],
    ["/api/v1//users", 404],
    ["/api/v1/users;role=admin", 404],
    ["/api/v1/users%00", 404],
    ["/api/v1/orders%2f..%2fusers", 404],
    ["/api/v1/..%2f..%2fmetrics", 404],
    ["*", 400],
    ["", 400],
    ["/a b", 505],
    [`/${"x".repeat(100_000)}`, 431],
  ];
  for (const [target, status] of rows) {
    test(`${target.slice(0, 60)} is ${status}`, async () => {
      const { statuses, text } = await get(target, `Authorization: Bearer ${token}`);
      expect(statuses).toEqual([status]);
      expect(text).not.toContain(SECRET);
    });
  }
  test("and one that leads back up asks for what it leads to, as whoever it is", async () => {
    expect((await get("/api/v1/x/../users")).statuses).toEqual([401]);
    expect((await get("/api/v1/x/%2e%2e/users", `Authorization: Bearer ${token}`)).statuses).toEqual([200]);
  });
});

describe("methods that nothing takes are 405 with what is taken, and repeat nothing", () => {
  for (const method of ["TRACE", "CONNECT", "PATCH", "PROPFIND", "OPTIONS", "DELETE", "PUT"]) {
    test(method, async () => {
      const signed = `Authorization: Bearer ${token}`;
      const { statuses, text } = await say(lines(`${method} /api/v1/users HTTP/1.1`, signed, "X-Echo: repeat-me"));
      expect(statuses).toEqual([405]);
      expect(text.toLowerCase()).toContain("\r\nallow: get, post\r\n");
      expect(text).not.toContain("repeat-me");
    });
  }
  for (const method of ["BREW", "get", "PRI"]) {
    test(`${method} is no method, and ends the connection`, async () => {
      const { statuses, isClosed } = await say(lines(`${method} /api/v1/users HTTP/1.1`));
      expect([statuses, isClosed, asked]).toEqual([[], true, 0]);
    });
  }
});

describe("a body that cannot be read is said to be so", () => {
  const utf8 = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
  test("invalid UTF-8", async () => {
    const { statuses, text } = await post(["Content-Length: 8"], utf8);
    expect([statuses, text.includes('"code":"MALFORMED"')]).toEqual([[400], true]);
  });
  test("invalid UTF-8, told of in chunks", async () => {
    const chunked = Buffer.concat([Buffer.from("8\r\n"), utf8, Buffer.from("\r\n0\r\n\r\n")]);
    expect((await post(["Transfer-Encoding: chunked"], chunked)).statuses).toEqual([400]);
  });
  for (const [what, header, body] of [
    ["one that stops in the middle", "Content-Length: 10", "{"],
    ["one that stops between chunks", "Transfer-Encoding: chunked", "1\r\n{\r\n"],
  ] as const) {
    test(`${what} is given up after ${BODY_MS_MAX} ms`, async () => {
      const { statuses, text } = await post([header], body);
      expect([statuses, text.includes('"code":"SLOW_BODY"')]).toEqual([[408], true]);
    });
  }
  test("ten megabytes, before they are read", async () => {
    const { statuses } = await post(["Content-Length: 10485760"], "{");
    expect(statuses).toEqual([413]);
  });
});

describe("two who could read a request in two ways read it in none", () => {
  const rows: [string, string[], string][] = [
    ["two lengths", ["Content-Length: 2", "Content-Length: 60"], `{}${SECOND}`],
    ["a length and chunks", ["Content-Length: 4", "Transfer-Encoding: chunked"], `0\r\n\r\n${SECOND}`],
    ["two encodings", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], `0\r\n\r\n${SECOND}`],
    ["an encoding that is none", ["Transfer-Encoding: xchunked"], `0\r\n\r\n${SECOND}`],
    ["a length below nothing", ["Content-Length: -1"], "{}"],
    ["a length with a sign", ["Content-Length: +2"], "{}"],
    ["a folded header", ["X-A: b\r\n c: d", "Content-Length: 2"], "{}"],
    ["a zero byte in a header", ["X-A: b\0c", "Content-Length: 2"], "{}"],
    ["a space before the colon", ["Content-Length : 2"], "{}"],
  ];
  for (const [what, headers, body] of rows) {
    test(what, async () => {
      const { statuses, isClosed } = await post(headers, body);
      expect([statuses, isClosed, asked]).toEqual([[400], true, 0]);
    });
  }
  test("chunks that are none", async () => {
    for (const chunk of ["zz\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"]) {
      expect((await post(["Transfer-Encoding: chunked"], chunk)).statuses).toEqual([400]);
    }
  });
});

describe("headers that are none, or too many", () => {
  const rows: [string, () => Promise<Heard>, number][] = [
    ["a hundred kilobytes in one", () => get("/", `X-Big: ${"x".repeat(100_000)}`), 431],
    ["two thousand", () => get("/", ...Array.from({ length: 2_000 }, (_, at) => `X-${at}: 1`)), 431],
    ["no Host", () => say("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), 400],
    ["a Host that is none", () => say("GET /api/v1/users HTTP/1.1\r\nHost: a/b@c\r\nConnection: close\r\n\r\n"), 400],
    ["a version that is none", () => say("GET / HTTP/9.9\r\nHost: x\r\n\r\n"), 505],
    ["lines without returns", () => say("GET / HTTP/1.1\nHost: x\n\n"), 505],
    ["TLS where there is none", () => say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 400],
    [
      "two who ask at once",
      () => get("/api/v1/users", `Authorization: Bearer ${token}`, "Authorization: Bearer x"),
      401,
    ],
  ];
  for (const [what, send, status] of rows) test(what, async () => expect((await send()).statuses).toEqual([status]));
  test("and after all that the gateway answers as ever", async () => {
    expect((await get("/api/v1/users", `Authorization: Bearer ${token}`)).statuses).toEqual([200]);
  });
});
