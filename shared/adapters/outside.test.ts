import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { OutsideMail, OutsideRequest } from "../kit/outside.ts";
import {
  certificateFor,
  httpAnswer,
  httpServer,
  type RawServer,
  rawServer,
  type TestCertificate,
} from "../testing/raw-server.ts";
import { smtpServer } from "../testing/smtp-server.ts";
import { wallClock } from "./clock.ts";
import { openOutside } from "./outside.ts";
import { isPublicAddress } from "./public-address.ts";

const clock = wallClock();
const MEGABYTE = 1_024 * 1_024;
let certificate: TestCertificate;
const servers: RawServer[] = [];
const begun = async <S extends RawServer>(server: Promise<S>): Promise<S> => {
  const made = await server;
  servers.push(made);
  return made;
};
beforeAll(async () => {
  certificate = await certificateFor("hooks.test");
});
afterAll(() => {
  for (const server of servers) server.stop();
});

/** Every name is this machine, unless it is said otherwise. */
const open = (addresses: readonly string[] = ["127.0.0.1"]) =>
  openOutside({ clock, resolve: async () => addresses, ca: certificate.cert });
const request = (url: string, allowed: string[] = [], over: Partial<OutsideRequest> = {}): OutsideRequest => ({
  ...{ method: "POST", url, headers: {}, body: "hello", timeoutMs: 5_000, allowed },
  ...over,
});
const inner = (server: RawServer, over: Partial<OutsideRequest> = {}) =>
  request(`http://inner.test:${server.port}/x?y=1`, [`inner.test:${server.port}`], over);

test("addresses of our own network, of this machine and of nobody are not public", () => {
  const not = [
    ...["127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.100.100.200"],
    ...["224.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "::1", "::", "fe80::1", "fd00:ec2::254"],
    ...["::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136::1"],
    ...["ff02::1", "2001:db8::1", "::127.0.0.1", "fec0::1", "2606:4700::1%lo", "nonsense", "", "1.2.3", "127.1"],
  ];
  expect(not.filter(isPublicAddress)).toEqual([]);
  const are = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"];
  expect(are.filter((address) => !isPublicAddress(address))).toEqual([]);
});

describe("where it may not go, nothing is sent", () => {
  test("whatever the name looks like, and if only one of its addresses is ours", async () => {
    const server = await begun(httpServer(() => httpAnswer(200), certificate));
    const asked = request(`https://hooks.test:${server.port}/`);
    for (const addresses of [["127.0.0.1"], ["::1"], ["1.1.1.1", "10.0.0.1"], ["::ffff:127.0.0.1"]]) {
      await expect(open(addresses).send(asked)).rejects.toMatchObject({ kind: "forbidden" });
    }
    const system = openOutside({ clock });
    const names = ["localhost", "127.0.0.1", "[::1]", "0x7f.1", "2130706433", "[::ffff:7f00:1]", "0", "127.1"];
    for (const name of names) {
      const url = `https://${name}:${server.port}/`;
      await expect(system.send(request(url))).rejects.toMatchObject({ kind: "forbidden" });
    }
    expect(server.connections()).toBe(0);
  });
  test("without TLS, with a password in the address, or in another language", async () => {
    const urls = ["http://hooks.test/", "https://a:b@hooks.test/", "ftp://hooks.test/", "file:///etc/passwd", "", "x"];
    for (const url of urls) {
      await expect(open(["1.1.1.1"]).send(request(url))).rejects.toMatchObject({ kind: "forbidden" });
    }
  });
  test("an allowed place is that one alone", async () => {
    const server = await begun(httpServer(() => httpAnswer(204)));
    expect(await open().send(inner(server))).toMatchObject({ status: 204 });
    const other = await begun(httpServer(() => httpAnswer(204)));
    const allowed = [`inner.test:${server.port}`];
    await expect(open().send(request(`http://inner.test:${other.port}/`, allowed))).rejects.toThrow(
      "no address of the",
    );
    await expect(open().send(request(`http://else.test:${server.port}/`, allowed))).rejects.toThrow(
      "no address of the",
    );
    expect(other.connections()).toBe(0);
  });
  test("what the name leads to is looked at once, and gone to", async () => {
    const server = await begun(httpServer(() => httpAnswer(200), certificate));
    let asked = 0;
    const rebinding = openOutside({
      clock,
      resolve: async () => [++asked === 1 ? "203.0.114.1" : "127.0.0.1"],
    });
    // It would have to ask again to get here.
    await expect(
      rebinding.send(request(`https://hooks.test:${server.port}/`, [], { timeoutMs: 300 })),
    ).rejects.toThrow();
    expect([asked, server.connections()]).toEqual([1, 0]);
  });
});

describe("over TLS", () => {
  const placed = (server: RawServer, name: string) =>
    request(`https://${name}:${server.port}/in`, [`${name}:${server.port}`]);
  test("the certificate must be of the name, at whatever address it is", async () => {
    const heard: string[] = [];
    const server = await begun(
      httpServer(({ line, headers, body }) => {
        heard.push(`${line} ${headers.host} ${body}`);
        return httpAnswer(200, "taken");
      }, certificate),
    );
    expect(await open().send(placed(server, "hooks.test"))).toEqual({ status: 200, body: "taken" });
    await expect(open().send(placed(server, "other.test"))).rejects.toThrow("ALTNAME");
    const untrusting = openOutside({ clock, resolve: async () => ["127.0.0.1"] });
    await expect(untrusting.send(placed(server, "hooks.test"))).rejects.toMatchObject({ kind: "failed" });
    expect(heard).toEqual([`POST /in hooks.test:${server.port} hello`]);
  });
  test("the next address is tried where nobody is at the first", async () => {
    const server = await begun(httpServer(() => httpAnswer(200), certificate));
    expect(await open(["127.0.0.9", "127.0.0.1"]).send(placed(server, "hooks.test"))).toMatchObject({ status: 200 });
  });
});

describe("servers that mean no good", () => {
  test("one that never answers costs its time and no more", async () => {
    const server = await begun(httpServer(() => undefined));
    const began = clock.mono();
    await expect(open().send(inner(server, { timeoutMs: 100 }))).rejects.toThrow("no answer in 100 ms");
    expect(clock.mono() - began).toBeLessThan(5_000);
  });
  test("a name that is never found costs its time too", async () => {
    const lost = openOutside({ clock, resolve: () => new Promise(() => {}) });
    await expect(lost.send(request("https://a.test/", [], { timeoutMs: 50 }))).rejects.toThrow("no answer");
  });
  test("redirects are answers", async () => {
    const server = await begun(httpServer(() => httpAnswer(302, "", { location: "http://127.0.0.1:1/" })));
    expect(await open().send(inner(server))).toMatchObject({ status: 302 });
    expect(server.connections()).toBe(1);
  });
  test("of an endless answer the beginning is read", async () => {
    const long = "x".repeat(10 * MEGABYTE);
    const server = await begun(httpServer(() => httpAnswer(200, long)));
    const { status, body } = await open().send(inner(server));
    expect([status, body.length]).toEqual([200, 4_096]);
  });
  test("an answer that stops in the middle has said its status", async () => {
    const server = await begun(
      httpServer((_request, socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
        return undefined;
      }),
    );
    expect(await open().send(inner(server))).toEqual({ status: 200, body: "half" });
  });
  test("a packed answer is not unpacked", async () => {
    const packed = Bun.gzipSync(new Uint8Array(10 * MEGABYTE));
    const server = await begun(
      httpServer((_request, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
        socket.end(packed);
        return undefined;
      }),
    );
    const { status, body } = await open().send(inner(server));
    expect(status).toBe(200);
    expect(body.length).toBeLessThanOrEqual(4_096);
  });
  test("nonsense and breaking off are failures", async () => {
    for (const said of ["garbage\r\n\r\n", "HTTP/1.1 banana\r\n\r\n", "\0\0\0\0"]) {
      const server = await begun(httpServer(() => said));
      await expect(open().send(inner(server, { timeoutMs: 500 }))).rejects.toMatchObject({ kind: "failed" });
    }
    const cut = await begun(rawServer((socket) => socket.once("data", () => socket.destroy())));
    await expect(open().send(inner(cut))).rejects.toMatchObject({ kind: "failed" });
  });
});

describe("letters", () => {
  const letter = (server: RawServer, over: Partial<OutsideMail> = {}): OutsideMail => ({
    ...{ host: "hooks.test", port: server.port, tls: false, user: "u", password: "p", from: "a@x.test" },
    ...{
      to: ["b@y.test", "c@y.test"],
      subject: "Häftig\r\nBcc: d@z.test",
      text: "line\n.dot\n",
      message_id: "<1@x.test>",
    },
    ...{ timeoutMs: 5_000, allowed: [`hooks.test:${server.port}`] },
    ...over,
  });
  test("go over STARTTLS, and over TLS from the first byte", async () => {
    for (const tls of [false, true]) {
      const server = await begun(smtpServer({ certificate, tls, as: "u:p" }));
      expect(await open().mail(letter(server, { tls }))).toEqual({ answer: "250 kept", refused: [] });
      const [kept] = server.letters;
      expect(kept).toMatchObject({ from: "a@x.test", to: ["b@y.test", "c@y.test"], as: "u:p", isEncrypted: true });
      expect(kept?.data).toContain("line\n.dot\n");
      // A subject of two lines is no second header.
      expect(kept?.data).not.toMatch(/^Bcc:/m);
      await expect(
        open().mail(letter(server, { tls, host: "other.test", allowed: [`other.test:${server.port}`] })),
      ).rejects.toThrow("altnames");
    }
  });
  test("go in the clear only where that is allowed, and never to our own network unasked", async () => {
    const plain = await begun(smtpServer());
    expect(await open().mail(letter(plain))).toMatchObject({ answer: "250 kept" });
    await expect(open().mail(letter(plain, { allowed: [] }))).rejects.toMatchObject({ kind: "forbidden" });
    expect(plain.connections()).toBe(1);
  });
  test("what the server says against it is told, without the password", async () => {
    const server = await begun(smtpServer({ certificate, as: "u:else" }));
    const failure = await open()
      .mail(letter(server, { password: "hunter2" }))
      .catch((error: Error) => error);
    expect(String(failure)).toContain("535");
    expect(String(failure)).not.toContain("hunter2");
  });
  test("one receiver of several can be refused; all of them: it failed", async () => {
    const server = await begun(smtpServer({ certificate, refuses: ["c@y.test"] }));
    expect(await open().mail(letter(server))).toMatchObject({ refused: ["c@y.test"] });
    await expect(open().mail(letter(server, { to: ["c@y.test"] }))).rejects.toThrow("550");
  });
  test("a server that says nothing costs its time", async () => {
    const silent = await begun(rawServer(() => {}));
    await expect(open().mail(letter(silent, { timeoutMs: 100 }))).rejects.toThrow("no answer in 100 ms");
  });
});
