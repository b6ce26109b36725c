/** What every Blobs must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Blobs } from "../kit/ports.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined) => body && new TextDecoder().decode(body);

export function blobsContract(name: string, begin: () => Promise<{ blobs: Blobs; end(): Promise<void> }>): void {
  describe(name, () => {
    let blobs: Blobs;
    let end: () => Promise<void>;
    beforeEach(async () => {
      ({ blobs, end } = await begin());
    });
    afterEach(() => end());
    const now = {
      get blobs() {
        return blobs;
      },
    };
    describe("bodies", () => bodies(now));
    describe("streams", () => streams(now));
    describe("keys", () => keys(now));
    describe("lists", () => lists(now));
  });
}

type Now = { readonly blobs: Blobs };

function bodies(now: Now): void {
  test("what is put is what is got, any bytes, and a second put replaces it", async () => {
    const all = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
    await now.blobs.put("a/b", all);
    expect(await now.blobs.get("a/b")).toEqual(all);
    await now.blobs.put("a/b", bytes("short"));
    expect(text(await now.blobs.get("a/b"))).toBe("short");
    await now.blobs.put("empty", new Uint8Array());
    expect(await now.blobs.get("empty")).toEqual(new Uint8Array());
  });

  test("what is not there is undefined, and deleting it is no error", async () => {
    expect(await now.blobs.get("none")).toBeUndefined();
    expect(await now.blobs.get("no/such/folder")).toBeUndefined();
    await now.blobs.delete("no/such/folder");
    await now.blobs.put("a", bytes("1"));
    await now.blobs.delete("a");
    expect(await now.blobs.get("a")).toBeUndefined();
  });

  test("appended parts are read in order, from nothing or after a put", async () => {
    await now.blobs.append("log/1", bytes("a"));
    await now.blobs.append("log/1", bytes("b"));
    expect(text(await now.blobs.get("log/1"))).toBe("ab");
    await now.blobs.put("log/1", bytes("x"));
    await now.blobs.append("log/1", bytes("y"));
    expect(text(await now.blobs.get("log/1"))).toBe("xy");
  });

  test("appends at once are all there, each whole", async () => {
    const parts = Array.from({ length: 50 }, (_, at) => `<${String(at).repeat(200)}>`);
    await Promise.all(parts.map((part) => now.blobs.append("log/1", bytes(part))));
    const whole = text(await now.blobs.get("log/1"))!;
    expect(whole.length).toBe(parts.join("").length);
    for (const part of parts) expect(whole).toContain(part);
  });

  test("of many puts at once one is there, whole", async () => {
    const all = Array.from({ length: 20 }, (_, at) => String.fromCharCode(97 + at).repeat(5_000));
    await Promise.all(all.map((body) => now.blobs.put("a", bytes(body))));
    expect(all).toContain(text(await now.blobs.get("a"))!);
    expect((await now.blobs.list("", { limit: 100 })).items.map((item) => item.key)).toEqual(["a"]);
  });

  test("what a caller does to its bytes afterwards changes nothing kept", async () => {
    const body = bytes("abc");
    await now.blobs.put("a", body);
    body[0] = 0;
    (await now.blobs.get("a"))![1] = 0;
    expect(text(await now.blobs.get("a"))).toBe("abc");
  });
}

async function* pieces(...of: readonly Uint8Array[]) {
  for (const piece of of) yield piece;
}

async function joined(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (!body) return;
  const all: Uint8Array[] = [];
  for await (const piece of body) all.push(piece);
  return Buffer.concat(all);
}

function streams(now: Now): void {
  test("what is written in pieces is read in pieces, whatever its length, and got whole", async () => {
    const piece = Uint8Array.from({ length: 1_000_003 }, (_, at) => (at * 7) % 256);
    for (const count of [0, 1, 3, 12]) {
      const all = Array.from({ length: count }, () => piece);
      await now.blobs.write("backups/1", pieces(...all));
      const whole = Buffer.concat(all);
      expect((await joined(await now.blobs.read("backups/1")))!.equals(whole)).toBe(true);
      expect(Buffer.from((await now.blobs.get("backups/1"))!).equals(whole)).toBe(true);
      expect((await now.blobs.list("", { limit: 5 })).items).toMatchObject([{ key: "backups/1", bytes: whole.length }]);
    }
  });

  test("what was put and appended to is read in order; what is not there is undefined", async () => {
    await now.blobs.put("a/b", bytes("one,"));
    await now.blobs.append("a/b", bytes("two,"));
    await now.blobs.append("a/b", bytes("three"));
    expect(String(await joined(await now.blobs.read("a/b")))).toBe("one,two,three");
    await now.blobs.write("a/b", pieces(bytes("four"), bytes(",five")));
    await now.blobs.append("a/b", bytes(",six"));
    expect(text(await now.blobs.get("a/b"))).toBe("four,five,six");
    expect(await now.blobs.read("a/c")).toBeUndefined();
    expect(await now.blobs.read("a")).toBeUndefined();
  });

  test("pieces that end in an error leave what was there before", async () => {
    async function* broken() {
      yield new Uint8Array(2_000_000);
      throw new Error("the source broke");
    }
    await expect(now.blobs.write("a", broken())).rejects.toThrow("the source broke");
    expect(await now.blobs.get("a")).toBeUndefined();
    await now.blobs.put("a", bytes("before"));
    await now.blobs.append("a", bytes("hand"));
    await expect(now.blobs.write("a", broken())).rejects.toThrow("the source broke");
    expect(text(await now.blobs.get("a"))).toBe("beforehand");
    expect((await now.blobs.list("", { limit: 5 })).items.map((item) => item.key)).toEqual(["a"]);
  });

  test("a reader may stop early, and a bad key is refused", async () => {
    await now.blobs.put("a", new Uint8Array(3_000_000));
    for await (const piece of (await now.blobs.read("a"))!) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    const invalid = { code: "INVALID" };
    await expect(now.blobs.read("../a")).rejects.toMatchObject(invalid);
    await expect(now.blobs.write("../a", pieces())).rejects.toMatchObject(invalid);
    await expect(now.blobs.link("../a", { ttlMs: 1_000, filename: "a" })).rejects.toMatchObject(invalid);
  });

  test("a link is fetched by whoever has it, where there are links", async () => {
    await now.blobs.put("reports/a b.html", bytes("<p>hello</p>"));
    const url = await now.blobs.link("reports/a b.html", { ttlMs: 60_000, filename: "réport.html" });
    expect(await now.blobs.link("reports/none", { ttlMs: 60_000, filename: "x" })).toBeUndefined();
    if (url === undefined) return;
    const answer = await fetch(url);
    expect(await answer.text()).toBe("<p>hello</p>");
    expect(answer.headers.get("content-disposition")).toContain("attachment");
    expect((await fetch(url.slice(0, -1))).status).toBeGreaterThanOrEqual(400);
  });

  test("a store that is there says so", async () => {
    await now.blobs.ping();
  });
}

function keys(now: Now): void {
  test("may hold any letters and signs", async () => {
    for (const key of ["FUT:BTCUSDT/2026-01-01T00.gz", "ünï/鍵/🔑", "a b", "x'; --", "%2e%2e/a", "~", "a..b"]) {
      await now.blobs.put(key, bytes(key));
      expect(text(await now.blobs.get(key))).toBe(key);
    }
  });

  const bad = [
    "",
    "/",
    "/etc/passwd",
    "a/",
    "a//b",
    "..",
    "../a",
    "a/../b",
    "a/../../b",
    ".",
    "a/./b",
    ".hidden",
    "a\0b",
    "a\nb",
    "..\\a",
    "x".repeat(201),
    "x/".repeat(300),
  ];
  for (const key of bad) {
    test(`${JSON.stringify(key.slice(0, 20))} is refused`, async () => {
      const invalid = { code: "INVALID" };
      await expect(now.blobs.put(key, bytes("x"))).rejects.toMatchObject(invalid);
      await expect(now.blobs.append(key, bytes("x"))).rejects.toMatchObject(invalid);
      await expect(now.blobs.get(key)).rejects.toMatchObject(invalid);
      await expect(now.blobs.delete(key)).rejects.toMatchObject(invalid);
    });
  }
}

function lists(now: Now): void {
  const all = ["a", "b-/x", "b/1", "b/2/deep", "b/2/deeper", "b/3", "b0", "c"];
  beforeEach(async () => {
    for (const key of all.toReversed()) await now.blobs.put(key, bytes(key));
  });

  test("give keys in order, with size and time", async () => {
    const { items, next_cursor } = await now.blobs.list("", { limit: 100 });
    expect(items.map((item) => item.key)).toEqual(all);
    expect(items.map((item) => item.bytes)).toEqual(all.map((key) => key.length));
    for (const item of items) expect(item.modified_at).toBeGreaterThan(1e12);
    expect(next_cursor).toBeUndefined();
  });

  test("give those under a prefix, which need not end at a slash", async () => {
    const under = async (prefix: string) =>
      (await now.blobs.list(prefix, { limit: 100 })).items.map((item) => item.key);
    expect(await under("b/")).toEqual(["b/1", "b/2/deep", "b/2/deeper", "b/3"]);
    expect(await under("b/2/deep")).toEqual(["b/2/deep", "b/2/deeper"]);
    expect(await under("b")).toEqual(["b-/x", "b/1", "b/2/deep", "b/2/deeper", "b/3", "b0"]);
    expect(await under("../")).toEqual([]);
    expect(await under("none")).toEqual([]);
  });

  test("come in pages that join to the whole, whatever their size", async () => {
    for (const limit of [1, 2, 3, 7, 8, 9]) {
      const joined: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await now.blobs.list("", { limit, ...(cursor ? { cursor } : {}) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        joined.push(...page.items.map((item) => item.key));
        cursor = page.next_cursor;
      } while (cursor);
      expect(joined).toEqual(all);
    }
  });

  test("refuse a limit or a cursor that is none", async () => {
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
      await expect(now.blobs.list("", { limit })).rejects.toMatchObject({ code: "INVALID" });
    }
    for (const cursor of ["", "?", "YQ=="]) {
      await expect(now.blobs.list("", { limit: 1, cursor })).rejects.toMatchObject({ code: "INVALID" });
    }
  });
}
