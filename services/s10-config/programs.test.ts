/** Programs on record: tried first, kept once, and only pure ones. */
import { expect, test } from "bun:test";
import { programRunner } from "../../shared/adapters/programs.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Problem } from "../../shared/errors.ts";
import { opsEvents } from "../../shared/streams.ts";
import quoteBothSides from "./programs/quote-both-sides.ts" with { type: "text" };
import { Programs } from "./programs.ts";

const NOW = 1_700_000_000_000;
function programsOn() {
  const store = openStore({ path: ":memory:", owner: "s10", collections: COLLECTIONS });
  const audit = (entry: { actor: string; what: string; ref: string; outcome: string }) =>
    emit(opsEvents, { source: "s10", ts: NOW, ...entry });
  return {
    store,
    programs: new Programs({ store, clock: { now: () => NOW } as never, audit, runner: programRunner() }),
  };
}
const source = quoteBothSides as unknown as string;
const withDecide = (decide: string, head = "") => `${head}export default { start: () => 0, ${decide} };`;

test("the shipped example is registered once, source and all, and told to the audit log", async () => {
  const { programs, store } = programsOn();
  const card = await programs.register({ program_id: "quotes", source }, "ann");
  expect(await programs.register({ program_id: "quotes", source, note: "again" }, "bob")).toEqual(card);
  expect(await programs.get({ program_id: "quotes", hash: card.hash })).toEqual(card);
  const { items } = await programs.list({ limit: 10 });
  expect(items).toEqual([{ program_id: "quotes", hash: card.hash, author: "ann", created_at: NOW }]);
  expect((await store.outbox.read(10)).map(({ event }) => (event as { what: string }).what)).toEqual([
    "program.register",
  ]);
});

test("two who register the same at once are both answered what the first of them put on record", async () => {
  const { programs, store } = programsOn();
  const [one, other] = await Promise.all(
    ["ann", "bob"].map((author) => programs.register({ program_id: "quotes", source }, author)),
  );
  expect(other).toEqual(one!);
  expect(await store.outbox.read(10)).toHaveLength(1);
});

test("the shipped example quotes both sides in turn, never through the other one, and not in a market that runs away", () => {
  const program = programRunner(30_000).load(source);
  const features = { mid: 60_000, microprice: 60_010, atr_14_5s: 10, regime: 0 };
  const event = { features, bid: 59_999.9, ask: 60_000.1, tick_size: 0.1 };
  const first = program.decide(program.start(), event) as {
    state: unknown;
    intents: { side: string; price: number }[];
  };
  const second = program.decide(first.state, event) as typeof first;
  expect([first.intents[0]!.side, second.intents[0]!.side]).toEqual(["BUY", "SELL"]);
  // fair = 60 000 + 0.5 · 10, half spread = max(0.8 bps · 60 000, 0.15 · 10) = 4.8; the bid is nearer.
  expect(first.intents[0]!.price).toBe(59_999.9);
  expect(second.intents[0]!.price).toBeCloseTo(60_009.8, 9);
  for (const calm of [
    { ...features, regime: 1 },
    { ...features, mid: null },
  ]) {
    expect(program.decide(first.state, { ...event, features: calm })).toEqual({ state: first.state, intents: [] });
  }
});

test.each([
  [
    "throws when nothing is known",
    withDecide("decide: (state, e) => ({ state: e.features.mid.toFixed(1), intents: [] })"),
  ],
  ["answers nonsense", withDecide("decide: () => 5")],
  ["has no decide", "export default { start: () => 0 };"],
  ["imports", withDecide("decide: (state) => ({ state, intents: [] })", 'import "node:fs";\n')],
])("one that %s is refused and not kept", async (_what, bad) => {
  const { programs } = programsOn();
  const error = await programs.register({ program_id: "bad", source: bad }, "ann").catch((e: unknown) => e as Problem);
  expect((error as Problem).code).toBe("RULE");
  expect((await programs.list({ limit: 10 })).items).toEqual([]);
});
