/** Documents of bundles over the real store: since when each is so, by whom, what differs, and drafts on a base. */
import { beforeEach, describe, expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { Problem } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { merged } from "./bundle-extends.ts";
import { readBundleText } from "./bundle-text.ts";
import { Bundles, contentHash } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { Documents } from "./documents.ts";
import type { Entry } from "./in-force.ts";
import { lintBundle } from "./lint.ts";
import { lintDraft } from "./lint-text.ts";

type Draft = Record<string, unknown> & { rules: Record<string, unknown>[]; strategies: Record<string, unknown>[] };
const shipped = shippedBundle as unknown as string;
const clock = new VirtualClock(1_700_000_000_000);
let bundles: Bundles;
let documents: Documents;
let store: Store;

beforeEach(async () => {
  store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS });
  const audit = (entry: Entry) =>
    ({ op: "emit", stream: opsEvents as never, event: { source: "s10", ts: clock.now(), ...entry } }) as const;
  bundles = new Bundles({ store, clock, audit });
  documents = new Documents({ store, current: () => bundles.current() });
  await bundles.begin(shipped, "");
});

async function draft(rev: number, author: string, change: (draft: Draft) => void = () => {}): Promise<void> {
  const document = readBundleText(shipped) as Draft;
  change(document);
  await bundles.draft({ ...document, rev }, author, {});
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no problem",
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
const rule = (rev: number) => documents.list("rules", { bundle_id: "shipped", rev, limit: 100 });

describe("the documents of a revision", () => {
  test("tell since which revision each is so, and who made it so", async () => {
    const [, , , wide] = (readBundleText(shipped) as Draft).rules;
    await draft(2, "ann", (it) => Object.assign(it.rules[3]!, { effect: { size_mult: 0.6 } }));
    await draft(3, "bob", (it) => Object.assign(it.rules[0]!, { note: "other words" }));
    expect((await documents.list("rules", { limit: 2 })).items).toMatchObject([
      { kind: "rules", id: "skip-long-into-selling", first_rev: 1, last_rev: 2, revisions: 2, author: "installation" },
      { id: "skip-short-into-buying", first_rev: 1, last_rev: 3 },
    ]);
    expect((await rule(2)).items[3]).toMatchObject({ first_rev: 2, last_rev: 2, author: "ann" });
    const third = await rule(3);
    expect(third.items[3]).toMatchObject({ id: wide!.rule_id, first_rev: 1, last_rev: 3, author: "installation" });
    expect(third.items[0]).toMatchObject({ first_rev: 3, author: "bob", created_at: clock.now() });
    expect([(await rule(1)).items[0]!.hash === third.items[0]!.hash, third.rev]).toEqual([false, 3] as never);
  });

  test.each([
    ["factors", "mid", { factor: "mid" }],
    ["strategies", "trend-bars", { strategy_id: "trend-bars", enabled: true }],
    ["instruments", "FUT:BTCUSDT", { instrument: "FUT:BTCUSDT" }],
    ["flags", "risk", { budget_usdt: "50" }],
  ] as const)("are %s too", async (kind, id, document) => {
    const { items } = await documents.list(kind, { limit: 100 });
    expect(items).toContainEqual(expect.objectContaining({ kind, id, document: expect.objectContaining(document) }));
    expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
  });

  test("name a model with who uses it and how", async () => {
    const cutoffs = [{ p_min: 0.5, size_mult: 1 }];
    const model = { model_id: "base", hash: "a".repeat(64), cutoffs };
    await draft(2, "ann", (it) => Object.assign(it.strategies[0]!, { model }));
    const { items } = await documents.list("models", { bundle_id: "shipped", rev: 2, limit: 10 });
    const use = { strategy_id: "book-pressure", hash: model.hash, cutoffs, deadline_ms: 25 };
    expect(items.map(({ id, document }) => [id, document])).toEqual([["base", { model_id: "base", uses: [use] }]]);
    expect((await documents.list("models", { limit: 10 })).items).toEqual([]);
  });

  test("come page by page", async () => {
    const first = await documents.list("factors", { limit: 20 });
    const second = await documents.list("factors", { limit: 20, cursor: first.next_cursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(bundles.current().bundle.factors);
    expect(second.next_cursor).toBeUndefined();
    expect(await codeOf(documents.list("factors", { limit: 20, cursor: "x" }))).toBe("INVALID");
  });
});

describe("a document's history", () => {
  test("is every content it had, newest first; what came back is the old version", async () => {
    await draft(2, "ann", (it) => Object.assign(it.rules[3]!, { effect: { size_mult: 0.6 } }));
    await draft(3, "bob");
    await draft(4, "bob", (it) => it.rules.splice(3, 1));
    const { items } = await documents.history({ kind: "rules", id: "smaller-on-wide-spread", limit: 10 });
    expect(
      items.map(({ first_rev, last_rev, author, document }) => [first_rev, last_rev, author, document.effect]),
    ).toEqual([
      [2, 2, "ann", { size_mult: 0.6 }],
      [1, 3, "installation", { size_mult: 0.7 }],
    ] as never);
    expect(await codeOf(documents.history({ kind: "rules", id: "none", limit: 10 }))).toBe("NOT_FOUND");
  });
});

describe("a difference", () => {
  test("is by document and path, between revisions, what is in force, and back", async () => {
    await draft(2, "ann", (it) => Object.assign(it.rules[3]!, { effect: { size_mult: 0.6 } }));
    const there = await documents.diff({ from: "CURRENT", to: "shipped@2" });
    expect(there).toMatchObject({
      from: { rev: 1, status: "ACTIVE" },
      to: { rev: 2, status: "DRAFT", author: "ann" },
      same: false,
      summary: ["1 rule changed: smaller-on-wide-spread"],
      changes: [{ kind: "rules", op: "changed", path: "effect.size_mult", before: 0.7, after: 0.6 }],
      changes_total: 1,
    });
    expect((await documents.diff({ from: "shipped@2", to: "CURRENT" })).changes).toMatchObject([{ before: 0.6 }]);
  });

  test("of the same content is none, and of another order says so", async () => {
    await draft(2, "ann", (it) => it.rules.reverse());
    expect(await documents.diff({ from: "CURRENT", to: "CURRENT" })).toMatchObject({ same: true, summary: [] });
    const order = await documents.diff({ from: "CURRENT", to: "shipped@2" });
    expect(order).toMatchObject({ same: false, changes: [], summary: [expect.stringContaining("order")] });
  });

  test("is told of a draft that is not stored too, with what it leaves to defaults filled in", async () => {
    const text = `extends: ${bundles.current().hash}\nbundle_id: mine\nrev: 9\nflags: { risk: { budget_usdt: "60" } }`;
    const told = await documents.diffDraft({ from: "CURRENT", text });
    expect(told).toMatchObject({ from: { rev: 1 }, to: { bundle_id: "mine" }, same: false });
    expect(told.changes).toContainEqual(
      expect.objectContaining({ kind: "flags", id: "risk", path: "budget_usdt", before: "50", after: "60" }),
    );
    expect(told.changes.filter(({ kind }) => kind === "flags")).toHaveLength(1);
    const same = await documents.diffDraft({ from: "shipped@1", text: JSON.stringify(bundles.current().bundle) });
    expect(same).toMatchObject({ same: true, changes: [], changes_total: 0 });
    expect(await codeOf(documents.diffDraft({ from: "CURRENT", text: "format: 1" }))).toBe("RULE");
    expect(await codeOf(documents.diffDraft({ from: "CURRENT", text: "[" }))).toBe("MALFORMED");
  });

  test("may be with the revision that is in force for a share", async () => {
    await draft(2, "ann", (it) => it.rules.pop());
    const canary = { bundle_id: "shipped", rev: 2 };
    const beside = new Documents({ store, current: () => ({ ...bundles.current(), canary }) });
    expect((await beside.diff({ from: "CURRENT", to: "CANARY" })).summary).toEqual([
      "1 rule removed: larger-with-deep-agreement",
    ]);
  });

  test("wants revisions that there are", async () => {
    expect(await codeOf(documents.diff({ from: "CURRENT", to: "shipped@9" }))).toBe("NOT_FOUND");
    expect(await codeOf(documents.diff({ from: "CURRENT", to: "CANARY" }))).toBe("NOT_FOUND");
    expect(await codeOf(documents.diff({ from: "shipped", to: "CURRENT" }))).toBe("INVALID");
  });
});

describe("a draft that extends a stored content", () => {
  const hash = () => bundles.current().hash;
  const small = (change: object = {}) => ({
    ...{ extends: hash(), bundle_id: "shipped", rev: 2, note: "smaller" },
    rules: [{ rule_id: "smaller-on-wide-spread", effect: { size_mult: 0.6 } }],
    strategies: [{ strategy_id: "trend-bars", sizing: { take_profit_roe: 0.02 } }],
    flags: { risk: { budget_usdt: "40" } },
    ...change,
  });

  test("is stored whole, with what it says over what the base says", async () => {
    await bundles.draft(await documents.whole(small()), "ann", {});
    const { changes } = await documents.diff({ from: "CURRENT", to: "shipped@2" });
    expect(changes.map(({ id, path, after }) => [id, path, after])).toEqual([
      ["shipped", "note", "smaller"],
      ["trend-bars", "sizing.take_profit_roe", 0.02],
      ["smaller-on-wide-spread", "effect.size_mult", 0.6],
      ["risk", "budget_usdt", "40"],
    ]);
    expect((await documents.bundle({ bundle_id: "shipped", rev: 2 })).bundle).not.toHaveProperty("extends");
  });

  test("adds what is new, takes part of a hash, and has the hash of the same content written out", async () => {
    const extra = { rule_id: "new", when: { f: "mid", op: ">", v: 90_000 }, effect: { size_mult: 0.9 } };
    const whole = await documents.whole(
      small({ extends: hash().slice(0, 12), rules: [extra], factors: ["obi_1", "rsi_21_1m"] }),
    );
    const { bundle } = bundles.current();
    expect((whole.rules as object[]).length).toBe(bundle.rules.length + 1);
    expect(whole.factors).toEqual([...bundle.factors, "rsi_21_1m"]);
    const nothing = await documents.whole({ extends: hash(), rev: 2, note: bundle.note });
    expect(contentHash(nothing as never)).toBe(hash());
  });

  test("may be the file of a start too; unresolved it lints nowhere", async () => {
    const text = `extends: ${hash()}\nrev: 1\nnote: at the start`;
    await bundles.begin(shipped, await documents.wholeText(text));
    expect(bundles.current()).toMatchObject({ rev: 2, bundle: { note: "at the start" } });
    for (const other of ["", shipped]) expect(await documents.wholeText(other)).toBe(other);
    const alone = { ...bundles.current().bundle, extends: hash() };
    expect(lintBundle(alone).report.errors).toMatchObject([{ path: "extends", code: "UNKNOWN_BASE" }]);
  });

  test("leaves a base as it is that nothing is said about, and what is said twice is said once", () => {
    const { bundle } = bundles.current();
    expect(merged(bundle, { note: bundle.note })).toEqual(bundle);
    expect(merged(bundle, bundle)).toEqual(bundle);
  });

  test("two changes of one rule are told of: neither is dropped unsaid", async () => {
    const change = (size_mult: number) => ({ rule_id: "smaller-on-wide-spread", effect: { size_mult } });
    const whole = await documents.whole(small({ extends: hash(), rules: [change(0.6), change(0.9)] }));
    const { errors } = lintBundle(whole).report;
    expect(errors).toMatchObject([{ code: "DUPLICATE", message: expect.stringContaining("smaller-on-wide-spread") }]);
  });

  test.each([["f".repeat(64)], ["abc"], [7], [""]])(
    "refuses the unknown base %p with one that is there",
    async (base) => {
      const refusal = await documents.whole(small({ extends: base })).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "RULE", errors: [{ field: "extends", code: "UNKNOWN_BASE" }] });
      expect(JSON.stringify((refusal as Problem).errors)).toContain(hash());
    },
  );
});

describe("lint without storing", () => {
  const lint = async (asked: object) => lintDraft(asked, { known: {}, bases: await documents.bases() });

  test("tells hash and name of what passes, text or document", async () => {
    const told = { passed: true, errors: [], bundle_id: "shipped", rev: 1, hash: bundles.current().hash };
    expect(await lint({ text: shipped })).toMatchObject(told);
    expect(await lint({ bundle: readBundleText(shipped) as object })).toMatchObject(told);
    expect(await lint({ text: `extends: ${told.hash}\nrev: 5` })).toMatchObject({ passed: true, rev: 5 });
  });

  test("tells the line of a fault, also of one that is missing or no YAML", async () => {
    const line = shipped.split("\n").findIndex((one) => one.includes("obi_5, op")) + 1;
    const report = await lint({ text: shipped.replace("obi_5, op", "obi_55, op") });
    expect(report.errors).toMatchObject([{ path: "strategies[0].long.allOf[0].f", line, column: 13 }]);
    expect((await lint({ text: "format: 1\nbundle_id: x\n" })).errors[0]).toMatchObject({ path: "rev", line: 1 });
    const broken = await lint({ text: "format: 1\nrules: [\n  - {" });
    expect(broken.errors[0]).toMatchObject({ code: "MALFORMED", line: 3, column: 6 });
    expect((await lint({ text: "extends: 12345678" })).errors).toMatchObject([{ code: "UNKNOWN_BASE", line: 1 }]);
  });
});
