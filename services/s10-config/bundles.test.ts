/** The bundles' life against the real embedded store: first start, files, drafts, promotion, rollback. */
import { beforeEach, describe, expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { Problem } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { readBundleText } from "./bundle-text.ts";
import { Bundles, contentHash } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { type Entry, InForce } from "./in-force.ts";

const shipped = shippedBundle as unknown as string;
let store: Store;
const clock = new VirtualClock(1_700_000_000_000);
const audit = (entry: Entry) =>
  ({ op: "emit", stream: opsEvents as never, event: { source: "s10", ts: clock.now(), ...entry } }) as const;
const make = () => new Bundles({ store, clock, audit });
const document = (change: object = {}) => ({ ...(readBundleText(shipped) as object), ...change });
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no problem",
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
const told = async () => (await store.outbox.read(100)).map((entry) => [entry.family, entry.event as never]);

beforeEach(() => {
  store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS });
});

describe("at the start", () => {
  test("the shipped bundle becomes active, with a notice and an audit entry in its commit", async () => {
    const bundles = make();
    expect(() => bundles.current()).toThrow("No bundle is active yet");
    await bundles.begin(shipped, "");
    const { rev, bundle_id, hash, bundle, activated_at } = bundles.current();
    expect({ rev, bundle_id, activated_at }).toEqual({ rev: 1, bundle_id: "shipped", activated_at: clock.now() });
    expect(hash).toBe(contentHash(bundle));
    expect((await store.get(configBundles, "shipped@1"))?.value.status).toBe("ACTIVE");
    expect(await told()).toEqual([
      ["cfg:events", expect.objectContaining({ kind: "PROMOTE", rev: 1, hash })],
      ["ops:events", expect.objectContaining({ actor: "installation", what: "bundle.activate", ref: "shipped@1" })],
    ] as never);
  });

  test("a restart changes nothing, even when another version ships", async () => {
    await make().begin(shipped, "");
    const again = make();
    await again.begin(shipped.replace('loss_cap_usdt: "1.2"', 'loss_cap_usdt: "1.1"'), "");
    expect(again.current().rev).toBe(1);
    expect(again.current().bundle.flags.sizing.loss_cap_usdt).toBe("1.2");
    expect(await told()).toHaveLength(2);
  });

  test("a given file with the same content changes nothing, with other content makes a higher revision", async () => {
    await make().begin(shipped, "");
    const same = make();
    await same.begin(shipped, JSON.stringify(document({ rev: 9 })));
    expect(same.current().rev).toBe(1);
    const other = make();
    await other.begin(shipped, JSON.stringify(document({ note: "mine" })));
    expect(other.current()).toMatchObject({ rev: 2, bundle: { note: "mine", rev: 2 } });
    expect((await store.get(configBundles, "shipped@1"))?.value.status).toBe("RETIRED");
  });

  test("a restart with the file of before undoes nothing that was promoted since; another file counts", async () => {
    const [mine, other] = ["mine", "other"].map((note) => JSON.stringify(document({ note })));
    await make().begin(shipped, mine as string);
    const inForce = new InForce({ store, clock, audit });
    const bundles = new Bundles({ store, clock, audit }, inForce);
    await bundles.begin(shipped, mine as string);
    await bundles.draft(document({ rev: 2, note: "promoted" }), "ann", {});
    const target = await bundles.find({ bundle_id: "shipped", rev: 2 });
    const made = await bundles.forAll(target, target.value.bundle as never);
    await inForce.change({ kind: "PROMOTE", actor: "ann", what: "bundle.activate", ...made });
    const restarted = async (text: string) => {
      const again = make();
      await again.begin(shipped, text);
      return [again.current().rev, again.current().bundle.note];
    };
    expect(await restarted(mine as string)).toEqual([2, "promoted"]);
    expect(await restarted(other as string)).toEqual([3, "other"]);
    expect(await restarted(mine as string)).toEqual([4, "mine"]);
  });

  test("a file given at the first start is used instead of the shipped one", async () => {
    const bundles = make();
    await bundles.begin(shipped, JSON.stringify(document({ bundle_id: "mine", rev: 4 })));
    expect(bundles.current()).toMatchObject({ bundle_id: "mine", rev: 4 });
    expect((await bundles.list({ limit: 10 })).items).toHaveLength(1);
  });

  test("a file that doesn't lint stops the start with its path", async () => {
    expect(make().begin(shipped, "format: 1")).rejects.toThrow("bundle_id");
  });
});

describe("what a version without one of today's flags stored", () => {
  /** As it was stored then: without the flag, under the hash of that. */
  const aged = async (key: string) => {
    const row = (await store.get(configBundles, key))!;
    const bundle = structuredClone(row.value.bundle) as unknown as { flags: { promotion: Record<string, unknown> } };
    delete bundle.flags.promotion.watch_hours;
    await store.commit([put(configBundles, { ...row.value, bundle: bundle as never, hash: `old ${key}` }, row.rev)]);
  };

  test("is drafted again with the same answer, under the hash by which others name it", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    const draft = await bundles.draft(document({ rev: 2, note: "draft" }), "ann", {});
    await aged("shipped@2");
    const again = await bundles.draft(document({ rev: 2, note: "draft" }), "ann", {});
    expect(again).toEqual({ ...draft, hash: "old shipped@2" });
    expect(await codeOf(bundles.draft(document({ rev: 2, note: "another" }), "ann", {}))).toBe("CONFLICT");
  });

  test("and somebody promoted is not put in force anew by a file that says the same", async () => {
    const inForce = new InForce({ store, clock, audit });
    const bundles = new Bundles({ store, clock, audit }, inForce);
    await bundles.begin(shipped, "");
    await bundles.draft(document({ rev: 2, note: "promoted" }), "ann", {});
    await aged("shipped@2");
    const target = await bundles.find({ bundle_id: "shipped", rev: 2 });
    const made = await bundles.forAll(target, target.value.bundle as never);
    await inForce.change({ kind: "PROMOTE", actor: "ann", what: "bundle.activate", ...made });
    const again = make();
    await again.begin(shipped, JSON.stringify(document({ note: "promoted" })));
    expect(again.current()).toMatchObject({ rev: 2, hash: "old shipped@2" });
  });
});

describe("drafts", () => {
  test("are stored without being activated, and a repeat gives the same answer", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    const draft = await bundles.draft(document({ rev: 2, note: "draft" }), "ann", {});
    expect(draft).toMatchObject({ bundle_id: "shipped", rev: 2, status: "DRAFT", lint: { passed: true } });
    expect(await bundles.draft(document({ rev: 2, note: "draft" }), "ann", {})).toEqual(draft);
    expect(bundles.current().rev).toBe(1);
    const items = (await bundles.list({ limit: 10 })).items;
    expect(items.map((item) => [item.rev, item.status, item.author])).toEqual([
      [2, "DRAFT", "ann"],
      [1, "ACTIVE", "installation"],
    ]);
  });

  test("need a revision above all others, and must lint", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    expect(await codeOf(bundles.draft(document({ note: "x" }), "ann", {}))).toBe("CONFLICT");
    await bundles.draft(document({ rev: 5 }), "ann", {});
    expect(await codeOf(bundles.draft(document({ rev: 3 }), "ann", {}))).toBe("CONFLICT");
    expect(await codeOf(bundles.draft(document({ rev: 6, factors: ["mid"] }), "ann", {}))).toBe("RULE");
    expect(await codeOf(bundles.draft({}, "ann", {}))).toBe("RULE");
  });

  test("leave room for later revisions", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    expect(await codeOf(bundles.draft(document({ rev: 20_260_101 }), "ann", {}))).toBe("no problem");
    expect(await codeOf(bundles.draft(document({ rev: 2 ** 31 - 1 }), "ann", {}))).toBe("CONFLICT");
    expect(await codeOf(bundles.draft(document({ rev: 2 ** 31 }), "ann", {}))).toBe("RULE");
  });

  test("carry every fault by path", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    const error = await bundles.draft(document({ rev: 2, flagz: {} }), "ann", {}).catch((e: unknown) => e);
    expect((error as Problem).errors).toContainEqual(
      expect.objectContaining({ field: "flagz", code: "UNKNOWN_KEY", suggestion: "flags" }),
    );
  });
});

describe("staging", () => {
  test("marks a draft that lints, once, with an audit entry; the newest one where none is named", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    for (const rev of [2, 3]) await bundles.draft(document({ rev, note: `draft ${rev}` }), "ann", {});
    const staged = await bundles.stage({ bundle_id: "shipped" }, "ann", {});
    expect(staged).toMatchObject({ rev: 3, status: "STAGED", lint: { passed: true } });
    expect(await bundles.stage({ bundle_id: "shipped", rev: 3 }, "ann", {})).toEqual(staged);
    expect((await store.get(configBundles, "shipped@3"))?.value.status).toBe("STAGED");
    const entries = (await told()).map(([, event]) => event as { what?: string });
    expect(entries.filter(({ what }) => what === "bundle.stage")).toHaveLength(1);
  });

  test("refuses what is not there, what is in force, and what names something that is gone", async () => {
    const bundles = make();
    await bundles.begin(shipped, "");
    expect(await codeOf(bundles.stage({ bundle_id: "shipped" }, "ann", {}))).toBe("NOT_FOUND");
    expect(await codeOf(bundles.stage({ bundle_id: "shipped", rev: 1 }, "ann", {}))).toBe("WRONG_STATE");
    await bundles.draft(document({ rev: 2, note: "draft" }), "ann", {});
    expect(await codeOf(bundles.stage({ bundle_id: "shipped" }, "ann", { instruments: ["FUT:XRPUSDT"] }))).toBe("RULE");
    expect((await store.get(configBundles, "shipped@2"))?.value.status).toBe("DRAFT");
  });
});

test("the content hash ignores the revision and the order of keys, and nothing else", async () => {
  const bundles = make();
  await bundles.begin(shipped, "");
  const { bundle } = bundles.current();
  const reversed = Object.fromEntries(Object.entries(bundle).reverse()) as typeof bundle;
  expect(contentHash({ ...reversed, rev: 99 })).toBe(contentHash(bundle));
  expect(contentHash({ ...bundle, note: "other" })).not.toBe(contentHash(bundle));
});
