import { describe, expect, test } from "bun:test";
import { addressIn, createProxies, isLoopback } from "./proxies.ts";

describe("an address is said one way", () => {
  const rows: [string, string | undefined][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7:4711", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:0207", "192.0.2.7"],
    ["[::ffff:192.0.2.7]:80", "192.0.2.7"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["", undefined],
    ["unknown", undefined],
    ["_hidden", undefined],
    ["192.0.2.7, 10.0.0.1", undefined],
    ["192.0.2.256", undefined],
    ["0300.0.2.7", undefined],
    ["localhost", undefined],
    ["192.0.2.7\u0000", undefined],
    ["<script>", undefined],
  ];
  for (const [text, address] of rows) test(JSON.stringify(text), () => expect(addressIn(text)).toBe(address as string));
  test("and this machine's own are known", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1"].map(isLoopback)).toEqual([true, true, true]);
    expect([undefined, "128.0.0.1", "::2", "127.0.0.1.example"].map(isLoopback)).toEqual([false, false, false, false]);
  });
});

const PROXY = "10.0.0.2";
const trusted = ["10.0.0.0/8", "fd00::/8", "::1", "::ffff:172.16.0.0/112"];
const both = { "x-forwarded": createProxies(trusted), forwarded: createProxies(trusted, "forwarded") };
const asked = (
  headers: Record<string, string>,
  peer: string | undefined = PROXY,
  kind: keyof typeof both = "x-forwarded",
) => both[kind].arrival({ headers: new Headers({ host: "inner:8092", ...headers }) }, peer, false);

const CLAIMS = {
  "x-forwarded-for": "198.51.100.9",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "evil.example",
  forwarded: "for=198.51.100.9;proto=https;host=evil.example",
  "x-real-ip": "198.51.100.9",
};

describe("who is no trusted proxy is believed nothing", () => {
  for (const peer of ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "11.0.0.2", "127.0.0.1", "172.17.0.1"]) {
    test(peer, () => {
      const itself = { from: addressIn(peer), isTls: false, origin: "http://inner:8092" };
      expect(asked(CLAIMS, peer)).toEqual(itself);
      expect(asked(CLAIMS, peer, "forwarded")).toEqual(itself);
    });
  }
  test("nor is a socket that has gone", () => {
    expect(createProxies(trusted).arrival({ headers: new Headers(CLAIMS) }, undefined, true)).toMatchObject({
      from: undefined,
      isTls: true,
    });
  });
});

describe("a trusted proxy is believed who asked it, and how", () => {
  for (const peer of [PROXY, "::ffff:10.0.0.2", "fd12::3", "::1", "172.16.200.1"]) {
    test(`at ${peer}`, () => {
      const told = { from: "198.51.100.9", isTls: true, origin: "https://evil.example" };
      expect(asked(CLAIMS, peer)).toEqual(told);
      expect(asked(CLAIMS, peer, "forwarded")).toEqual(told);
    });
  }
  test("and asks for itself where it passes nothing on", () => {
    expect(asked({ "x-forwarded-proto": "https" })).toEqual({ from: PROXY, isTls: false, origin: "http://inner:8092" });
  });
  test("but one kind of header alone, since it passes on the other as it came", () => {
    const { forwarded, ...x } = CLAIMS;
    expect(asked({ forwarded })).toMatchObject({ from: PROXY, isTls: false });
    expect(asked(x, PROXY, "forwarded")).toMatchObject({ from: PROXY, isTls: false });
  });
});

describe("of several hops it is the nearest that is none of ours", () => {
  const rows: [string, string][] = [
    ["203.0.113.5", "203.0.113.5"],
    ["1.1.1.1, 203.0.113.5", "203.0.113.5"],
    ["1.1.1.1, 203.0.113.5, 10.1.1.1", "203.0.113.5"],
    ["1.1.1.1, 203.0.113.5, ::ffff:10.1.1.1, [fd00::7]:443", "203.0.113.5"],
    ["::ffff:203.0.113.5, 10.1.1.1", "203.0.113.5"],
    ["[2001:db8::5]:4711, 10.1.1.1", "2001:db8::5"],
    ["2001:DB8::5", "2001:db8::5"],
    ["10.3.3.3, 10.2.2.2", "10.3.3.3"],
    ["1.1.1.1, unknown, 10.2.2.2", "10.2.2.2"],
    ["1.1.1.1, , 10.2.2.2", "10.2.2.2"],
    ["1.1.1.1, _hidden", PROXY],
    ["'; DROP TABLE c_audit_log;--", PROXY],
    ["", PROXY],
  ];
  for (const [text, from] of rows) {
    test(JSON.stringify(text), () => {
      expect(asked({ "x-forwarded-for": text }).from).toBe(from);
      const elements = text.split(",").map((each) => `for="${each.trim()}";proto=https`);
      expect(asked({ forwarded: elements.join(", ") }, PROXY, "forwarded").from).toBe(from);
    });
  }
  test("and what is said of that hop counts: by the proxy next to it where each has said it", () => {
    const hops = "203.0.113.5, 10.1.1.1";
    const at = (proto: string) => asked({ "x-forwarded-for": hops, "x-forwarded-proto": proto }).isTls;
    expect(["https, http", "http, https", "https", "http", "http, http, https"].map(at)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    const forwarded = 'for=203.0.113.5;proto=https;host="desk.example:8443", For=10.1.1.1;Proto=http';
    expect(asked({ forwarded }, PROXY, "forwarded")).toEqual({
      from: "203.0.113.5",
      isTls: true,
      origin: "https://desk.example:8443",
    });
  });
  test("and a quoted text can hold commas and semicolons", () => {
    const forwarded = 'for="1.1.1.1, 2.2.2.2;proto=https";proto=http';
    expect(asked({ forwarded }, PROXY, "forwarded")).toMatchObject({ from: PROXY, isTls: false });
    expect(asked({ forwarded: 'for="203.0.113.5' }, PROXY, "forwarded").from).toBe(PROXY);
  });
});

describe("an origin is one, or none", () => {
  for (const host of ["a/b", "a@b", "[", "a b", "a?b", "a#b"]) {
    test(JSON.stringify(host), () => {
      const headers = { "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https", "x-forwarded-host": host };
      expect(asked(headers).origin).toBeUndefined();
    });
  }
});

describe("what is no range is refused by name", () => {
  for (const text of [
    "localhost",
    "10.0.0.0/33",
    "10.0.0.0/8/8",
    "fd00::/129",
    "10.0.0.0/x",
    "10.0.0.0/",
    "*",
    "::ffff:10.0.0.0/8",
  ]) {
    test(text, () => expect(() => createProxies([text])).toThrow(JSON.stringify(text)));
  }
  for (const text of ["0.0.0.0/0", "::/0"]) {
    test(text, () => expect(() => createProxies([text])).toThrow("everybody"));
  }
});
