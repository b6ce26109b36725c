import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { emit, put } from "../../changes.ts";
import { ArangoStandIn, type FindTrouble, type Trouble } from "../../testing/arango/stand-in.ts";
import { type ArangoWorld, arangoWorld, PASSWORD } from "../../testing/arango/world.ts";
import { counted, notes, tell } from "../../testing/store-world.ts";
import type { ArangoStore } from "../arango.ts";
import { readHead, replacingHead } from "./head.ts";
import { Server } from "./server.ts";

const UNAVAILABLE = { code: "UNAVAILABLE" };
const FENCED = { code: "FENCED" };
const FAST = { timeoutMs: 600, resolveMs: 800 };
/** Where it is no time-out that is looked at. */
const PATIENT = { timeoutMs: 20_000, resolveMs: 20_000 };
const isCommit: FindTrouble = ({ method, path }) =>
  method === "PUT" && path.includes("/_api/transaction/") ? { delayMs: 0 } : undefined;
const isWrite = (query: string) => query.includes("REPLACE h IN");

let standIn: ArangoStandIn;
let world: ArangoWorld;
let store: ArangoStore;
beforeEach(async () => {
  standIn = new ArangoStandIn({ rootPassword: PASSWORD });
  world = await arangoWorld(standIn);
  store = await world.open("s04", FAST);
  await store.commit([put(notes, { id: "before" }), emit(counted, { id: "before" })]);
});
afterEach(async () => {
  standIn.trouble = () => undefined;
  await world.end();
  await standIn.down();
});

/** The trouble strikes so often, where the test says. The answer resolves when it has struck the last time. */
function strike(times: number, trouble: Trouble, where: (request: Parameters<FindTrouble>[0]) => boolean) {
  const struck = Promise.withResolvers<void>();
  standIn.trouble = (request) => {
    if (!where(request) || times <= 0) return undefined;
    if (--times === 0) struck.resolve();
    return trouble;
  };
  return struck.promise;
}
const atCommit = (request: Parameters<FindTrouble>[0]) => isCommit(request) !== undefined;
const atWrite = ({ query }: Parameters<FindTrouble>[0]) => isWrite(query);
const both = (id: string) => [put(notes, { id }, null), emit(counted, { id })];

/** What was counted, in its order: each once, without a gap. */
async function told(): Promise<string[]> {
  const events = (await store.outbox.read(1_000)).map(({ event }) => event as { id: string; owner_seq: number });
  expect(events.map(({ owner_seq }) => owner_seq)).toEqual(events.map((_, at) => at + 1));
  return events.map(({ id }) => id);
}

describe("a commit whose answer is lost", () => {
  test("took effect once, and is reported as done, where the connection ended after it", async () => {
    strike(1, { cut: "after" }, atCommit);
    await store.commit(both("a"));
    await store.commit(both("b"));
    expect(await told()).toEqual(["before", "a", "b"]);
  });

  test("took effect once where the connection ended before it", async () => {
    strike(1, { cut: "before" }, atCommit);
    await store.commit(both("a"));
    expect(await told()).toEqual(["before", "a"]);
  });

  test("took effect once where the server was silent after it", async () => {
    strike(1, { silent: "after" }, atCommit);
    await store.commit(both("a"));
    expect(await told()).toEqual(["before", "a"]);
  });

  test("is told by the head where the server knows no such transaction any more", async () => {
    const struck = strike(1, { silent: "after" }, atCommit);
    const done = store.commit(both("a"));
    await struck;
    // What is silent after it has done it, is so at once.
    await Bun.sleep(150);
    standIn.transactions.forget();
    await done;
    expect(await told()).toEqual(["before", "a"]);
  });

  test("is done anew where the server started anew before it, and certainly has not done it", async () => {
    const struck = strike(1, { silent: "before" }, atCommit);
    const done = store.commit(both("a"));
    await struck;
    await standIn.restart();
    await done;
    expect(await told()).toEqual(["before", "a"]);
  });

  test("is no success because the server says so while it goes on: it may yet fail, and is done anew then", async () => {
    for (const fails of [true, false]) {
      const id = `fails ${fails}`;
      const patient = await world.open("s04", { timeoutMs: 400, resolveMs: 30_000 });
      await patient.ping();
      strike(1, { commitsForMs: 1_200, fails }, atCommit);
      await patient.commit(both(id));
      expect((await patient.get(notes, id))?.key).toBe(id);
    }
    store = await world.open("s04", FAST);
    expect(await told()).toEqual(["before", "fails true", "fails false"]);
  });

  test("is waited for before anything else is written while it goes on, however long ago its caller was told", async () => {
    for (const fails of [true, false]) {
      const id = `fails ${fails}`;
      strike(1, { commitsForMs: 5_000, fails }, atCommit);
      await expect(store.commit(both(id))).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.commit(both("too early"))).rejects.toMatchObject(UNAVAILABLE);
      const isDone = () =>
        store.commit(both(`after ${fails}`)).then(
          () => true,
          () => false,
        );
      while (!(await isDone())) await Bun.sleep(50);
    }
    expect(await told()).toEqual(["before", "after true", "fails false", "after false"]);
  });

  test("is no success while nobody knows; once told so, it is not done later, and nothing is done twice", async () => {
    const isEnding: FindTrouble = ({ method, path }) =>
      path.includes("/_api/transaction/") && (method === "PUT" || method === "DELETE") ? { delayMs: 0 } : undefined;
    for (const cut of ["before", "after"] as const) {
      const id = `cut ${cut}`;
      strike(1_000, { cut }, (request) => isEnding(request) !== undefined);
      await expect(store.commit(both(id))).rejects.toMatchObject(UNAVAILABLE);
      // Nobody comes after it before it is known what became of it.
      await expect(store.commit(both(`${id} too`))).rejects.toMatchObject(UNAVAILABLE);
      standIn.trouble = () => undefined;
      await store.commit(both(`then ${cut}`));
    }
    expect(await told()).toEqual(["before", "then before", "cut after", "then after"]);
  });
});

describe("a server in trouble", () => {
  test("that is down is unavailable, at once, and takes commits again afterwards", async () => {
    await standIn.down();
    await expect(store.commit(both("a"))).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.get(notes, "before")).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    standIn.up();
    await store.commit(both("b"));
    expect(await told()).toEqual(["before", "b"]);
  });

  test("that is slow is waited for up to the limit, and no longer", async () => {
    const patient = await world.open("s04", PATIENT);
    strike(1, { delayMs: 1_000 }, atWrite);
    await patient.commit(both("a"));
    await patient.close();
    store = await world.open("s04", FAST);
    strike(1, { silent: "before" }, atWrite);
    await expect(store.commit(both("b"))).rejects.toMatchObject(UNAVAILABLE);
    // What may still be going on there was ended first: it holds the head no more.
    await store.commit(both("c"));
    expect(await told()).toEqual(["before", "a", "c"]);
  });

  for (const [name, trouble] of [
    ["maintenance (503)", { status: 503, errorNum: 503, message: "service unavailable" }],
    ["a full queue (21003)", { status: 503, errorNum: 21_003, message: "scheduler queue full" }],
    ["too many requests (429)", { status: 429, errorNum: 429, message: "too many" }],
    ["a stale leader (1496)", { status: 503, errorNum: 1_496, message: "not a leader" }],
    ["a lost DB-Server (1465)", { status: 503, errorNum: 1_465, message: "connection broken" }],
    ["a full disk (1104)", { status: 500, errorNum: 1_104, message: "filesystem full" }],
  ] as const) {
    test(`that answers with ${name} is unavailable to writers, asked again by readers, and nothing is half done`, async () => {
      strike(1, trouble, atWrite);
      await expect(store.commit(both("a"))).rejects.toMatchObject(UNAVAILABLE);
      strike(2, trouble, ({ query }) => query.includes("d.doc"));
      expect((await store.get(notes, "before"))?.key).toBe("before");
      expect(await store.get(notes, "a")).toBeUndefined();
      await store.commit(both("b"));
      expect(await told()).toEqual(["before", "b"]);
    });
  }

  test("whose transaction was given up in the middle does it anew", async () => {
    let isFirst = true;
    standIn.trouble = (request) => {
      if (isFirst && atWrite(request)) {
        isFirst = false;
        standIn.transactions.expire(-1);
      }
      return undefined;
    };
    await store.commit(both("a"));
    expect(await told()).toEqual(["before", "a"]);
  });

  test("that cannot take so much is told from one that is away, and commits beside it go through", async () => {
    const large = { status: 400, errorNum: 32, message: "resource limit exceeded" };
    standIn.trouble = (request) => (atWrite(request) && request.query.includes("huge") ? large : undefined);
    const [small, huge, other] = await Promise.allSettled(["a", "huge", "b"].map((id) => store.commit(both(id))));
    expect([small?.status, other?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(huge).toMatchObject({ reason: { code: "TOO_LARGE" } });
    expect(await told()).toEqual(["before", "a", "b"]);
  });
});

describe("commits in one group", () => {
  test("that conflict fail alone, each told why, and the others go through in their order", async () => {
    const rev = (await store.get(notes, "before"))!.rev;
    const tries = [
      store.commit([put(notes, { id: "before", rank: 1 }, rev)]),
      store.commit([put(notes, { id: "before", rank: 2 }, rev), tell({ id: "never" })]),
      store.commit(both("new")),
      store.commit(both("new")),
      store.commit(both("last")),
    ];
    const outcomes = (await Promise.allSettled(tries)).map((each) =>
      each.status === "fulfilled" ? "done" : String(each.reason.message),
    );
    expect(outcomes).toEqual([
      "done",
      "notes/before has changed meanwhile.",
      "done",
      "notes/new has changed meanwhile.",
      "done",
    ]);
    expect(await told()).toEqual(["before", "new", "last"]);
  });

  test("need few transactions, and a commit alone five requests at most", async () => {
    const before = standIn.requests;
    await store.commit([put(notes, { id: "one" }, null), { op: "delete", collection: notes as never, key: "none" }]);
    expect(standIn.requests - before).toBeLessThanOrEqual(5);
    const many = standIn.requests;
    await Promise.all(Array.from({ length: 200 }, (_, at) => store.commit(both(`n${at}`))));
    expect(standIn.requests - many).toBeLessThan(30);
    expect((await told()).length).toBe(201);
  });
});

describe("who was passed", () => {
  test("is refused whatever it wants to write, and changes nothing; it still reads", async () => {
    const newest = await world.open("s04", { fence: 5 });
    await newest.commit([put(notes, { id: "new" })]);
    await expect(store.commit(both("late"))).rejects.toMatchObject(FENCED);
    await expect(store.commit(both("late"), { sync: "full" })).rejects.toMatchObject(FENCED);
    await expect(store.outbox.setEpoch("x")).rejects.toMatchObject(FENCED);
    await expect(store.outbox.tell("s04-1")).rejects.toMatchObject(FENCED);
    await expect(store.expire(notes, 1e15)).rejects.toMatchObject(FENCED);
    await expect(store.mustBeNewest()).rejects.toMatchObject(FENCED);
    await newest.mustBeNewest();
    expect(await store.get(notes, "late")).toBeUndefined();
    expect(await store.count(notes)).toBe(2);
    await newest.commit(both("newer"));
  });

  test("in the middle of a commit learns of it, and nothing of the commit is there", async () => {
    const patient = await world.open("s04", PATIENT);
    const struck = strike(1, { delayMs: 2_000 }, atWrite);
    const late = patient.commit(both("late"));
    await struck;
    const successor = await world.open("s04", { fence: 7 });
    await successor.commit([put(notes, { id: "new" })]);
    await expect(late).rejects.toMatchObject(FENCED);
    expect(await successor.get(notes, "late")).toBeUndefined();
  });

  test("and a smaller fence is refused on opening; the same may open again; one without takes the next", async () => {
    await (await world.open("s04", { fence: 5 })).ping();
    await expect((await world.open("s04", { fence: 4 })).ping()).rejects.toMatchObject(FENCED);
    await (await world.open("s04", { fence: 5 })).commit(both("same"));
    const alone = await world.open("s04");
    await alone.commit(both("alone"));
    await expect((await world.open("s04", { fence: 5 })).ping()).rejects.toMatchObject(FENCED);
    await (await world.open("s04", { fence: 9 })).commit(both("next"));
    await expect(alone.commit(both("late"))).rejects.toMatchObject(FENCED);
  });

  test("who died in the middle of a commit keeps its successor waiting for moments only", async () => {
    const first = Promise.withResolvers<void>();
    standIn.trouble = (request) => {
      if (!atCommit(request)) return undefined;
      first.resolve();
      return { silent: "before" };
    };
    store.commit(both("dying")).catch(() => {});
    await first.promise;
    // Its transaction has the head locked: the server would give it up after a minute.
    const from = performance.now();
    const successor = await world.open("s04", { fence: 3 });
    await successor.ping();
    expect(performance.now() - from).toBeLessThan(50_000);
    standIn.trouble = () => undefined;
    await successor.commit(both("new"));
    expect(await successor.get(notes, "dying")).toBeUndefined();
  });
});

test("who has written more than the store holds, since it was restored, begins anew: no number comes back", async () => {
  const server = new Server(world.address);
  const older = await readHead(server, "s04");
  await store.commit(both("lost"));
  const ids = (await store.outbox.read(10)).map(({ id }) => id);
  // As a database restored, or a machine that lost power before the disk had it.
  const { _rev, ...restored } = older!;
  await server.query(replacingHead("s04", restored));
  await server.query({ text: "FOR e IN s04_outbox FILTER e.event.id == 'lost' REMOVE e IN s04_outbox", values: {} });
  for (const id of ["a", "b"]) await expect(store.commit(both(id))).rejects.toMatchObject(FENCED);
  await expect(store.mustBeNewest()).rejects.toMatchObject(FENCED);
  store = await world.open("s04");
  await store.commit(both("new"));
  expect(await told()).toEqual(["before", "new"]);
  expect(ids).not.toContain((await store.outbox.read(10)).at(-1)?.id);
  server.close();
});

test("a database of another mode, venue, account or number of shards is refused", async () => {
  const origin = { mode: "paper", venue: "paper-agents", account: "main", shards: 1 };
  await (await world.open("s04", { origin })).ping();
  for (const other of [{ mode: "live" }, { venue: "binance" }, { account: "second" }, { shards: 2 }]) {
    const part = Object.keys(other)[0]!;
    const opened = (await world.open("s04", { origin: { ...origin, ...other } })).ping();
    await expect(opened).rejects.toThrow(`belong to ${part}`);
  }
  await (await world.open("s04", { origin })).commit(both("same"));
});
