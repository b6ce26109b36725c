/** Every kind of statement that the store says to ArangoDB, each as it stands for an example: for the reference and tests. */
import type { Collection, Query } from "../../kit/ports.ts";
import type { Statement } from "./aql.ts";
import { Draft, wantedBy } from "./draft.ts";
import { readingBehind } from "./dump.ts";
import { type Head, insertingHead, readingHead, replacingHead } from "./head.ts";
import { findingAny, insertingAll, removingSome } from "./load.ts";
import { sortingTexts } from "./place.ts";
import { Reader } from "./reader.ts";
import { readingStored, updating } from "./refill.ts";
import { Server } from "./server.ts";
import { findingExpired, forgetting, readingKnown, readingOutbox, removing, writing } from "./statements.ts";
import { type Encoder, stepsOf } from "./steps.ts";

export interface Listed {
  about: string;
  statement: Statement;
}

/** `example`: a collection with an index, a searchable field and a time past which its documents go. */
export function everyStatement(example: Collection<never>, value: unknown): Listed[] {
  const server = new Server({ url: "http://127.0.0.1", database: "none", user: "", password: "" });
  const { owner } = example;
  const reader = (shard?: number) =>
    new Reader({ server, collections: [example], own: { owner, ...(shard !== undefined && { shard }) } });
  return [
    ...reading(reader(), example),
    ...shards(reader(2), example),
    ...group(example, value),
    ...keeping(example),
    ...carrying(example, server),
  ];
}

function reading(reader: Reader, example: Collection<never>): Listed[] {
  const field = example.indexes[0]?.[0] ?? "";
  const pages = (about: string, query: Query): Listed[] =>
    reader.paging(example, query).statements.map((statement) => ({ about, statement: statement(query.limit + 1) }));
  const after = (at: string | number | null, order: "asc" | "desc"): Query => {
    const sort = { field, order };
    return { sort, limit: 10, cursor: reader.paging(example, { sort, limit: 10 }).cursorAfter("key", at) };
  };
  const tests = { gt: 1, gte: 1, lt: 9, lte: 9, ne: 5, in: [2, 3] };
  const search = (about: string, text: string): Listed[] => {
    const statement = reader.searching(example, text, 10);
    return statement ? [{ about, statement }] : [];
  };
  return [
    { about: "get", statement: reader.getting(example, "key") },
    ...pages("query: the first page, by key", { limit: 10 }),
    ...pages("query: every test, of an indexed field", { where: { [field]: tests }, limit: 10 }),
    ...pages("query: a field that no index names", { where: { unindexed: "text" }, limit: 10 }),
    ...pages("query: less or greater than nothing is nothing", { where: { [field]: { gt: null } }, limit: 10 }),
    ...pages("query: sorted, the first page", { sort: { field, order: "desc" }, limit: 10 }),
    ...pages("query: sorted, behind a value", after(5, "asc")),
    ...pages("query: sorted backwards, behind a value, and then those without", after(5, "desc")),
    ...pages("query: sorted, behind one without a value, and then those with", after(null, "asc")),
    { about: "count", statement: reader.counting(example, { [field]: 5 }) },
    ...search("search: a word", "rejected"),
    ...search("search: words side by side, and another", "FUT:BTC margin"),
    { about: "traverse: what it came from", statement: reader.traversing("orders/a", "parents", 9) },
    { about: "traverse: what came of it", statement: reader.traversing("orders/a", "children", 9) },
    { about: "isDone", statement: reader.askingDone(example.owner, { stream: "s", group: "g", id: "1" }) },
    { about: "ping", statement: { text: "RETURN true", values: {} } },
  ];
}

const shards = (reader: Reader, example: Collection<never>): Listed[] => [
  { about: "get, in one of several shards", statement: reader.getting(example, "key") },
  ...reader
    .paging(example, { limit: 10 })
    .statements.map((statement) => ({ about: "query, in one of several shards", statement: statement(11) })),
  { about: "count, in one of several shards", statement: reader.counting(example, undefined) },
];

const HEAD: Head = {
  ...{ _key: "0", _rev: "_a", format: 1, fence: 7, group: 1, next: 5, opened: 1, told: 3, counts: {} },
};

function group(example: Collection<never>, value: unknown): Listed[] {
  const { owner } = example;
  const encoder: Encoder = { owner, shard: undefined, own: new Map([[example.name, []]]), now: () => 0 };
  const { steps } = stepsOf(
    [
      { op: "put", collection: example, value, expectRev: null },
      { op: "delete", collection: example, key: "old", expectRev: "_b" },
      { op: "link", child: `${example.name}/a`, parent: `${example.name}/b` },
      { op: "done", stream: "s", group: "g", id: "1" },
    ],
    encoder,
  );
  const known = { revs: new Map([[`${example.name}/old`, "_b"]]), done: new Set<string>() };
  const draft = new Draft(HEAD, known);
  draft.add([...steps, { step: "emit", entry: { family: "f", key: "k", event: {} } }]);
  const removal = removing(owner, draft);
  return [
    { about: "a group of commits: what they expect", statement: readingKnown(owner, wantedBy([steps])) },
    ...(removal ? [{ about: "a group of commits: what goes, with its edges", statement: removal }] : []),
    { about: "a group of commits: what is put, and the head", statement: writing(owner, draft) },
  ];
}

function keeping(example: Collection<never>): Listed[] {
  const { owner } = example;
  const past = { field: example.retentionField ?? "ts", before: 9, shard: 0, limit: 1_000 };
  return [
    { about: "open: the head", statement: readingHead(owner) },
    { about: "open: a new head", statement: insertingHead(owner, HEAD) },
    { about: "open: takes the head over", statement: replacingHead(owner, HEAD) },
    { about: "outbox: read", statement: readingOutbox(owner, { shard: 0, after: 1, upTo: 9, limit: 10 }) },
    { about: "outbox: forget", statement: forgetting(owner, { shard: 0, upTo: 9, limit: 500 }) },
    { about: "expire: what is past its time", statement: findingExpired(example, past) },
  ];
}

function carrying(example: Collection<never>, server: Server): Listed[] {
  const { owner, name } = example;
  return [
    { about: "dump: some documents", statement: readingBehind(name, "place", { shard: 0, after: "" }) },
    { about: "dump: some of the rest", statement: readingBehind(name, "_key", { shard: 0, after: "" }) },
    { about: "load: is anything there", statement: findingAny({ server, owner, collections: [example] }) },
    { about: "load: some records", statement: insertingAll(name, [{ _key: "a" }]) },
    { about: "clear: some records", statement: removingSome(name, 0) },
    { about: "init: documents of an older declaration", statement: readingStored(name, { place: "", shard: -1 }, 500) },
    { about: "init: in which order the server's language has texts", statement: sortingTexts(["b", "a"]) },
    { about: "init: brought up to date", statement: updating(name, [{ _key: "a", _rev: "_r" }]) },
  ];
}
