import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CHAIN_START, type Chained, ChainReader, chained, hashable, type Made, type Place } from "./audit-chain.ts";

interface Entry extends Chained {
  what: string;
  after: { n: number };
}

/** Two owners, told in turns; an anchor every five entries. */
function log(length: number): { entries: Entry[]; head: Place; anchors: Place[] } {
  const entries: Entry[] = [];
  const anchors: Place[] = [];
  let head: Place = { seq: 0, hash: CHAIN_START };
  for (let at = 0; at < length; at++) {
    const owner = at % 3 === 0 ? "s04.1" : "s12";
    const owner_seq = entries.filter((entry) => entry.owner === owner).length + 1;
    const entry = chained({ audit_id: `${owner}-${at}`, what: `w${at}`, after: { n: at }, owner, owner_seq }, head);
    head = { seq: entry.seq, hash: entry.hash };
    if (head.seq % 5 === 0) anchors.push(head);
    entries.push(entry);
  }
  return { entries, head, anchors };
}

interface Found {
  head?: Place | undefined;
  anchors?: readonly Place[];
  made?: ReadonlyMap<string, Made>;
  old?: readonly Chained[];
}
function read(found: readonly Chained[], { head, anchors = [], made, old = [] }: Found): ChainReader {
  const reader = new ChainReader(anchors, head);
  for (const entry of old) reader.old(entry);
  const bySeq = (a: Chained, b: Chained) => Number(a.seq) - Number(b.seq) || (a.audit_id < b.audit_id ? -1 : 1);
  for (const entry of found.toSorted(bySeq)) reader.add(entry);
  reader.end(head, made && { before: made, after: made });
  return reader;
}
const kinds = (reader: ChainReader) => reader.faults.map(({ kind, from, to }) => [kind, from, to]);
/** The entry as somebody would write it who can hash, too. */
const rehashed = (entry: Entry, prev: Place) => chained(entry, prev) as Entry;

describe("a log as it was chained", () => {
  test("has no faults, wherever it ends and whatever was anchored", () => {
    for (const length of [0, 1, 2, 17]) {
      const { entries, head, anchors } = log(length);
      expect(kinds(read(entries, { head, anchors }))).toEqual([]);
    }
  });
  test("begins with what the entries before it amount to, and those cannot be changed or added to", () => {
    const old = [{ audit_id: "a" }, { audit_id: "b" }];
    const first = new ChainReader([], undefined);
    for (const entry of old) first.old(entry);
    const entry = chained({ audit_id: "c" }, { seq: 0, hash: first.startHash });
    const head = { seq: 1, hash: entry.hash };
    expect(kinds(read([entry], { head, old }))).toEqual([]);
    for (const other of [old.slice(1), [...old, { audit_id: "bb" }], [{ audit_id: "a", what: "x" }, old[1]!]]) {
      expect(kinds(read([entry], { head, old: other }))).toEqual([["OLD_CHANGED", 0, 0]]);
    }
  });
});

/** What somebody with the file in hand does to the entry at an index; where it must be found. */
type Mutation = (entries: Entry[], at: number) => Entry[];
const edit = (change: (entry: Entry) => object): Mutation => {
  return (entries, at) => entries.map((entry, i) => (i === at ? ({ ...entry, ...change(entry) } as Entry) : entry));
};
const prevOf = (entries: Entry[], at: number): Place =>
  at === 0 ? { seq: 0, hash: CHAIN_START } : (entries[at - 1] as Entry & Place);
const MUTATIONS: Record<string, Mutation> = {
  "a text": edit(({ what }) => ({ what: `${what}!` })),
  "a number within": edit(({ after }) => ({ after: { n: after.n + 1 } })),
  "a field more": edit(() => ({ before: null })),
  "a field less": edit(() => ({ after: undefined })),
  "its hash": edit(({ hash }) => ({ hash: hash?.replace(/^./, (c) => (c === "0" ? "1" : "0")) })),
  "no hash": edit(() => ({ hash: undefined })),
  "its link": edit(() => ({ prev_hash: CHAIN_START.replace("0", "f") })),
  "a text that cannot be hashed": edit(() => ({ what: "\ud800" })),
  "its content and hash": (entries, at) =>
    edit((entry) => rehashed({ ...entry, what: "other" }, prevOf(entries, at)))(entries, at),
  deleted: (entries, at) => entries.filter((_, i) => i !== at),
  "doubled under another id": (entries, at) => [...entries, { ...(entries[at] as Entry), audit_id: "zz" }],
  "inserted before it, hashed": (entries, at) => [
    ...entries,
    rehashed({ audit_id: "!", what: "forged", after: { n: 0 } }, prevOf(entries, at)),
  ],
  "swapped with the next": (entries, at) => {
    const [a, b] = [entries[at] as Entry, entries[(at + 1) % entries.length] as Entry];
    return entries.map((entry) => (entry === a ? { ...a, seq: b.seq } : entry === b ? { ...b, seq: a.seq } : entry));
  },
};

describe("one mutation anywhere is found, and found where it is", () => {
  for (const [name, mutate] of Object.entries(MUTATIONS)) {
    test(name, () => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 24 }), fc.nat(), (length, index) => {
          const { entries, head, anchors } = log(length);
          const at = index % length;
          const mutated = mutate(entries, at);
          const places = read(mutated, { head, anchors }).faults.filter(({ owner }) => owner === undefined);
          expect(places.length).toBeGreaterThan(0);
          // The place itself is always named; what else is named is the other one that was swapped.
          expect(places.some(({ from, to }) => from <= at + 1 && at + 1 <= to)).toBe(true);
          const others = new Set([at + 1, ((at + 1) % length) + 1]);
          for (const { kind, from, to } of places) {
            if (kind !== "REWRITTEN") expect([from, to].every((place) => others.has(place))).toBe(true);
          }
        }),
        { seed: 6, numRuns: 60 },
      );
    });
  }
  test("each under its name", () => {
    const { entries, head, anchors } = log(12);
    const kindOf = (name: string) => kinds(read((MUTATIONS[name] as Mutation)(entries, 6), { head, anchors }))[0];
    expect(kindOf("a text")).toEqual(["CHANGED", 7, 7]);
    expect(kindOf("its content and hash")).toEqual(["REPLACED", 7, 7]);
    expect(kindOf("deleted")).toEqual(["DELETED", 7, 7]);
    expect(kindOf("inserted before it, hashed")).toEqual(["INSERTED", 7, 7]);
    expect(kindOf("swapped with the next")).toEqual(["CHANGED", 7, 7]);
  });
});

describe("against heads that are kept elsewhere", () => {
  test("a log that was cut off, its head with it, ends too early", () => {
    const { entries, anchors } = log(12);
    const cut = entries.slice(0, 8);
    const head = cut.at(-1) as Entry & Place;
    expect(kinds(read(cut, { head, anchors }))).toEqual([["TRUNCATED", 9, 10]]);
    expect(kinds(read([], { anchors }))[0]).toEqual(["TRUNCATED", 1, 10]);
  });
  test("a log that was chained anew from somewhere is found between two of them", () => {
    const { entries, anchors } = log(20);
    const forged = entries.slice(0, 11);
    for (const entry of entries.slice(11))
      forged.push(rehashed({ ...entry, what: "x" }, forged.at(-1) as Entry & Place));
    const head = forged.at(-1) as Entry & Place;
    expect(kinds(read(forged, { head }))).toEqual([]);
    expect(kinds(read(forged, { head, anchors }))).toEqual([["REWRITTEN", 11, 15]]);
  });
  test("a log whose newest entry is another than its head says, or goes on behind it, or has no head", () => {
    const { entries, head } = log(4);
    const forged = rehashed({ ...(entries[3] as Entry), what: "x" }, entries[2] as Entry & Place);
    expect(kinds(read([...entries.slice(0, 3), forged], { head }))).toEqual([["REPLACED", 4, 4]]);
    const more = rehashed({ audit_id: "m", what: "m", after: { n: 1 } }, head);
    expect(kinds(read([...entries, more], { head }))).toEqual([["INSERTED", 5, 5]]);
    expect(kinds(read(entries, {}))).toEqual([["HEAD", 4, 4]]);
  });
});

describe("an owner's numbers", () => {
  const chain = (numbers: [string, number][]) => {
    const entries: Chained[] = [];
    let head: Place = { seq: 0, hash: CHAIN_START };
    for (const [owner, owner_seq] of numbers) {
      const entry = chained({ audit_id: `${owner}-${entries.length}`, owner, owner_seq }, head);
      head = entry;
      entries.push(entry);
    }
    return { entries, head };
  };
  const owned = (numbers: [string, number][], made?: Record<string, Made>) => {
    const { entries, head } = chain(numbers);
    return read(entries, { head, ...(made && { made: new Map(Object.entries(made)) }) });
  };
  test("may come in any order, and two owners between each other", () => {
    const reader = owned(
      [
        ["a", 2],
        ["b", 1],
        ["a", 1],
        ["b", 2],
        ["a", 3],
      ],
      { a: { count: 3 }, b: { count: 2 } },
    );
    expect(kinds(reader)).toEqual([]);
  });
  test("with one missing, one twice, more than it made", () => {
    expect(
      kinds(
        owned([
          ["a", 1],
          ["a", 4],
          ["b", 1],
        ]),
      ),
    ).toEqual([["OWNER_GAP", 2, 3]]);
    expect(
      kinds(
        owned([
          ["a", 1],
          ["a", 1],
        ]),
      ),
    ).toEqual([["OWNER_DOUBLE", 1, 1]]);
    expect(
      kinds(
        owned(
          [
            ["a", 1],
            ["a", 2],
          ],
          { a: { count: 1 } },
        ),
      ),
    ).toEqual([["OWNER_EXTRA", 2, 2]]);
  });
  test("that it still holds are on their way; that it does not are lost", () => {
    const reader = owned([["a", 1]], { a: { count: 5, kept_from: 4 }, b: { count: 2, kept_from: 1 } });
    expect(kinds(reader)).toEqual([["OWNER_GAP", 2, 3]]);
    expect(reader.pending).toEqual([
      { owner: "a", from: 4, to: 5 },
      { owner: "b", from: 1, to: 2 },
    ]);
  });
});

test("what cannot be hashed is made hashable, and what can be stays as it is", () => {
  const deep = JSON.parse(`${"[".repeat(300)}${"]".repeat(300)}`) as unknown;
  const given = { actor: "a\ud800b", what: "w", before: { "\udc00": 1 }, after: { fine: [1, "ü"] }, extra: deep };
  const made = hashable(given);
  expect(made).toMatchObject({ actor: "a\ufffdb", what: "w", after: { fine: [1, "ü"] } });
  expect(typeof made.before).toBe("string");
  expect(typeof made.extra).toBe("string");
  expect(chained({ audit_id: "x", ...made }, { seq: 0, hash: CHAIN_START }).hash).toHaveLength(64);
});
