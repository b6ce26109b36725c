/** What every Store must do when asked for documents by their fields. */
import { beforeEach, describe, expect, test } from "bun:test";
import { put } from "../changes.ts";
import type { Query, Test } from "../kit/ports.ts";
import { HOSTILE, type Note, notes, plainNotes, type World } from "./store-world.ts";

const SAMPLE: Note[] = [
  { id: "a", state: "open", rank: 3, flag: true },
  { id: "b", state: "open", rank: 1.5 },
  { id: "c", state: "shut", rank: -2, flag: false },
  { id: "d", state: "shut", rank: null },
  { id: "e" },
  { id: "f", state: "open", rank: 3 },
];

export function queryContract(now: World): void {
  beforeEach(async () => {
    await now.s04.commit(SAMPLE.flatMap((note) => [put(notes, note), put(plainNotes, note)]));
  });
  // The same answers with and without an index.
  for (const collection of [notes, plainNotes]) {
    const keys = async (query: Omit<Query, "limit"> & { limit?: number }) =>
      (await now.s04.query(collection, { limit: 100, ...query })).items.map((row) => row.key).join("");
    describe(`of ${collection.name}`, () => {
      filters(now, collection, keys);
      pages(now, collection, keys);
    });
  }
  badQueries(now);
}

type Keys = (query: Omit<Query, "limit"> & { limit?: number }) => Promise<string>;

function filters(now: World, collection: typeof notes, keys: Keys): void {
  const rows: [Record<string, Test>, string][] = [
    [{}, "abcdef"],
    [{ state: "open" }, "abf"],
    [{ state: "open", rank: 3 }, "af"],
    [{ rank: null }, "de"],
    [{ flag: true }, "a"],
    [{ flag: false }, "c"],
    [{ rank: { gt: 1.5 } }, "af"],
    [{ rank: { gte: 1.5 } }, "abf"],
    [{ rank: { lt: 1.5 } }, "c"],
    [{ rank: { lte: 1.5 } }, "bc"],
    [{ rank: { gt: -2, lt: 3 } }, "b"],
    [{ rank: { ne: 3 } }, "bcde"],
    [{ state: { ne: null } }, "abcdf"],
    [{ state: { in: ["shut", "gone"] } }, "cd"],
    [{ rank: { in: [3, null] } }, "adef"],
    [{ rank: { in: [] } }, ""],
    [{ state: { gte: "open", lt: "p" } }, "abf"],
    [{ state: "OPEN" }, ""],
    [{ never_there: "x" }, ""],
    [{ never_there: null }, "abcdef"],
  ];
  for (const [where, expected] of rows) {
    test(`where ${JSON.stringify(where)} gives ${expected || "nothing"}`, async () => {
      expect(await keys({ where })).toBe(expected);
      expect(await now.s04.count(collection, where)).toBe(expected.length);
    });
  }
}

function pages(now: World, collection: typeof notes, keys: Keys): void {
  test("sorted by a field, absent ones first, ties by key; descending is the exact reverse", async () => {
    expect(await keys({ sort: { field: "rank", order: "asc" } })).toBe("decbaf");
    expect(await keys({ sort: { field: "rank", order: "desc" } })).toBe("fabced");
    expect(await keys({ sort: { field: "state", order: "asc" }, where: { rank: 3 } })).toBe("af");
  });

  for (const sort of [undefined, "asc", "desc"] as const) {
    test(`pages ${sort ? `sorted ${sort}` : "by key"} join to the whole, whatever their size`, async () => {
      const query = sort ? { sort: { field: "rank", order: sort } } : {};
      const whole = await keys(query);
      for (const limit of [1, 2, 4, 5, 6, 7]) {
        let joined = "";
        let cursor: string | undefined;
        do {
          const page = await now.s04.query(collection, { ...query, limit, ...(cursor ? { cursor } : {}) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          joined += page.items.map((row) => row.key).join("");
          cursor = page.next_cursor;
        } while (cursor);
        expect(joined).toBe(whole);
      }
    });
  }

  test("a cursor stays where it is when documents come and go around it", async () => {
    const sort = { field: "rank", order: "desc" } as const;
    const first = await now.s04.query(collection, { sort, limit: 3 });
    expect(first.items.map((row) => row.key)).toEqual(["f", "a", "b"]);
    await now.s04.commit([
      put(collection, { id: "z", rank: 99 }),
      put(collection, { id: "g", rank: 0 }),
      { op: "delete", collection: collection as never, key: "b" },
    ]);
    const rest = await now.s04.query(collection, { sort, limit: 10, cursor: first.next_cursor! });
    expect(rest.items.map((row) => row.key)).toEqual(["g", "c", "e", "d"]);
    expect(rest.next_cursor).toBeUndefined();
  });
}

function badQueries(now: World): void {
  const invalid = { code: "INVALID" };

  test("a limit that is none is refused", async () => {
    for (const limit of [0, -1, 1.5, 1_001, 1e9, Number.NaN]) {
      await expect(now.s04.query(notes, { limit })).rejects.toMatchObject(invalid);
    }
  });

  test("a field's name that could mean something else is refused", async () => {
    for (const field of [...HOSTILE, "", "a.b", "A", "1a", "rank; --", "rank)", "$.rank", `${"x".repeat(65)}`]) {
      if (/^[a-z][a-z0-9_]*$/.test(field) && field.length <= 64) continue;
      await expect(now.s04.query(notes, { where: { [field]: 1 }, limit: 1 })).rejects.toMatchObject(invalid);
      await expect(now.s04.count(notes, { [field]: 1 })).rejects.toMatchObject(invalid);
      const sort = { field, order: "asc" } as const;
      await expect(now.s04.query(notes, { sort, limit: 1 })).rejects.toMatchObject(invalid);
    }
  });

  test("an unknown test or order is refused", async () => {
    const where = { rank: { like: "%" } } as unknown as Record<string, Test>;
    await expect(now.s04.query(notes, { where, limit: 1 })).rejects.toMatchObject(invalid);
    const sort = { field: "rank", order: "asc; DROP TABLE c_notes" as "asc" };
    await expect(now.s04.query(notes, { sort, limit: 1 })).rejects.toMatchObject(invalid);
  });

  test("a cursor that is not ours, or of another sorting, is refused", async () => {
    const { next_cursor } = await now.s04.query(notes, { limit: 1 });
    const sort = { field: "rank", order: "asc" } as const;
    await expect(now.s04.query(notes, { sort, limit: 1, cursor: next_cursor! })).rejects.toMatchObject(invalid);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const cursor of ["", "x", "🔑", encode(null), encode({}), encode(["", 1, 2]), encode([])]) {
      await expect(now.s04.query(notes, { limit: 1, cursor })).rejects.toMatchObject(invalid);
    }
  });

  test("asking changes nothing", async () => {
    expect(await now.s04.count(notes)).toBe(SAMPLE.length);
  });
}
