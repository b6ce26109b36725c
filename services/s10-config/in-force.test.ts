/** The pair in force against the real embedded store: each change is one commit, and a restart reads the same. */
import { beforeEach, expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { opsEvents } from "../../shared/streams.ts";
import { readBundleText } from "./bundle-text.ts";
import { Bundles } from "./bundles.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { type Entry, InForce } from "./in-force.ts";

const shipped = shippedBundle as unknown as string;
const clock = new VirtualClock(1_700_000_000_000);
const audit = (entry: Entry) =>
  ({ op: "emit", stream: opsEvents as never, event: { source: "s10", ts: clock.now(), ...entry } }) as const;
const SPLIT = { promotion_id: "p1", traffic_pct: 10, slot_ms: 60_000, until: clock.now() + 1_000 };
let store: Store;
let inForce: InForce;
let other: BundleView;

const opened = async (): Promise<InForce> => {
  const again = new InForce({ store, clock, audit });
  await again.load();
  return again;
};
const told = async () =>
  (await store.outbox.read(100)).filter(({ family }) => family === "cfg:events").map(({ event }) => event as never);

beforeEach(async () => {
  store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS });
  const ports = { store, clock, audit };
  inForce = new InForce(ports);
  const bundles = new Bundles(ports, inForce);
  await bundles.begin(shipped, "");
  const document = { ...(readBundleText(shipped) as object), rev: 2, note: "other" };
  const { hash } = await bundles.draft(document, "ann", {});
  other = { rev: 2, bundle_id: "shipped", hash, bundle: { ...inForce.current().bundle, rev: 2, note: "other" } };
});

test("a canary comes and goes beside the stable revision, which stays as it was; a restart finds the same", async () => {
  const before = inForce.current();
  const canary = { ...other, ...SPLIT };
  await inForce.change({ kind: "PROMOTE", actor: "bob", what: "promotion.tell", canary, promotion_id: "p1", also: [] });
  expect(inForce.current()).toEqual({ ...before, canary });
  expect((await opened()).current()).toEqual(inForce.current());
  await inForce.change({ kind: "ROLLBACK", actor: "s10", what: "promotion.take_back", reason: "it lost", also: [] });
  expect(inForce.current()).toEqual(before);
  expect((await opened()).current()).toEqual(before);
  expect(await told()).toMatchObject([
    { kind: "PROMOTE", rev: 1 },
    { kind: "PROMOTE", rev: 1, canary_rev: 2, promotion_id: "p1" },
    { kind: "ROLLBACK", rev: 1, reason: "it lost" },
  ]);
  expect((await told()).at(-1)).not.toHaveProperty("canary_rev");
});

test("of two changes from the same state only one is made, and the other changes nothing", async () => {
  const second = await opened();
  const change = { kind: "PROMOTE", actor: "bob", what: "promotion.tell", also: [] } as const;
  await inForce.change({ ...change, canary: { ...other, ...SPLIT } });
  expect(second.change({ ...change, canary: { ...other, ...SPLIT, promotion_id: "p2" } })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  expect(second.current().canary).toBeUndefined();
  expect((await opened()).current().canary?.promotion_id).toBe("p1");
  expect(await told()).toHaveLength(2);
});
