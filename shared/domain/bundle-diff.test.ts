/** Differences of bundles: by document and path, whatever the order, and the same seen from either side. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Bundle } from "./bundle.ts";
import { bundleDiff } from "./bundle-diff.ts";
import { changeText, diffSummary } from "./bundle-diff-words.ts";

type Draft = Record<string, never> & {
  strategies: Record<string, unknown>[];
  rules: Record<string, unknown>[];
  flags: Record<string, unknown>;
};
const plain = () => ({
  ...{ format: 1, bundle_id: "mine", rev: 1, factors: ["mid", "obi_5"] },
  instruments: [{ instrument: "FUT:BTCUSDT" }, { instrument: "FUT:ETHUSDT" }],
  strategies: [
    {
      ...{ strategy_id: "lean", instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT"] },
      triggers: [
        { kind: "cross", factor: "obi_5", level: 0.6, direction: "up" },
        { kind: "bar", timeframe: "5s" },
      ],
      long: {
        allOf: [{ f: "obi_5", op: ">", v: 0.6 }, { f: "mid", op: ">", v: 0 }, { not: { f: "mid", op: ">", v: 9 } }],
      },
    },
  ],
  rules: [
    { rule_id: "small", when: { f: "obi_5", op: "<", v: 0 }, effect: { size_mult: 0.8 } },
    { rule_id: "skip", when: { f: "mid", op: "<", v: 1 }, effect: { skip_entry: true } },
  ],
  flags: { risk: { budget_usdt: "50" } },
});
const bundleOf = (change: (draft: Draft) => void = () => {}): Bundle => {
  const draft = plain() as never as Draft;
  change(draft);
  return Bundle.parse(draft);
};
const changesOf = (change: (draft: Draft) => void) => bundleDiff(bundleOf(), bundleOf(change));

/** A change, what is told of it, the summary's line and the change in words. */
const CHANGES: [string, (draft: Draft) => void, object, string, unknown][] = [
  [
    "a number in a rule",
    (d: Draft) => Object.assign(d.rules[0]!, { effect: { size_mult: 0.7 } }),
    { kind: "rules", id: "small", op: "changed", path: "effect.size_mult", before: 0.8, after: 0.7 },
    "1 rule changed: small",
    "effect.size_mult: 0.8 → 0.7",
  ],
  [
    "a comparison in a list that was reordered",
    (d: Draft) =>
      Object.assign(d.strategies[0]!, {
        long: {
          allOf: [{ f: "mid", op: ">", v: 0 }, { f: "obi_5", op: ">", v: 0.7 }, { not: { f: "mid", op: ">", v: 9 } }],
        },
      }),
    { kind: "strategies", id: "lean", op: "changed", path: "long.allOf[1].v", before: 0.6, after: 0.7 },
    "1 strategy changed: lean",
    "long.allOf[1].v: 0.6 → 0.7",
  ],
  [
    "another combination",
    (d: Draft) => Object.assign(d.rules[0]!, { when: { not: { f: "obi_5", op: "<", v: 0 } } }),
    { kind: "rules", id: "small", op: "changed", path: "when" },
    "1 rule changed: small",
    'when: {"f":"obi_5","op":"<","v":0} → {"not":{"f":"obi_5","op":"<","v":0}}',
  ],
  [
    "an instrument of a strategy",
    (d: Draft) => Object.assign(d.strategies[0]!, { instruments: ["FUT:ETHUSDT"] }),
    { kind: "strategies", id: "lean", op: "removed", path: "instruments[0]", before: "FUT:BTCUSDT" },
    "1 strategy changed: lean",
    'instruments[0]: "FUT:BTCUSDT" is gone',
  ],
  [
    "a new rule",
    (d: Draft) => d.rules.unshift({ rule_id: "new", when: { f: "mid", op: ">", v: 2 }, effect: {} }),
    { kind: "rules", id: "new", op: "added", path: "" },
    "1 rule added: new",
    expect.stringContaining("is new"),
  ],
  [
    "a flag",
    (d: Draft) => Object.assign(d.flags, { risk: { budget_usdt: "60" } }),
    { kind: "flags", id: "risk", op: "changed", path: "budget_usdt", before: "50", after: "60" },
    'flags.risk: budget_usdt "50" → "60"',
    'budget_usdt: "50" → "60"',
  ],
  [
    "a list of numbers",
    (d: Draft) => Object.assign(d.flags, { risk: { budget_usdt: "50", trading_hours_utc: [[8, 16]] } }),
    { kind: "flags", id: "risk", op: "changed", path: "trading_hours_utc", before: [], after: [[8, 16]] },
    "flags.risk: trading_hours_utc [] → [[8,16]]",
    "trading_hours_utc: [] → [[8,16]]",
  ],
  [
    "a note",
    (d: Draft) => Object.assign(d, { note: "why" }),
    { kind: "bundle", id: "mine", op: "added", path: "note", after: "why" },
    "The bundle's note changed",
    'note: "why" is new',
  ],
  [
    "a factor",
    (d: Draft) => Object.assign(d, { factors: ["mid"] }),
    { kind: "factors", id: "obi_5", op: "removed", path: "", before: { factor: "obi_5" } },
    "1 factor removed: obi_5",
    'the whole: {"factor":"obi_5"} is gone',
  ],
];

describe("a bundle's differences", () => {
  test("are none for the same content under another revision, in another order", () => {
    const other = changesOf((draft) => {
      Object.assign(draft, { rev: 7, rules: draft.rules.toReversed() });
      const [lean] = draft.strategies as { long: { allOf: unknown[] }; triggers: unknown[]; instruments: unknown[] }[];
      lean!.long.allOf.reverse();
      lean!.triggers.reverse();
      lean!.instruments.reverse();
    });
    expect(other).toEqual([]);
    expect(diffSummary(other)).toEqual([]);
  });

  test.each(CHANGES)("tell %s", (_name, change, told, line, text) => {
    const changes = changesOf(change);
    expect(changes).toEqual([expect.objectContaining(told)] as never);
    expect(diffSummary(changes)).toEqual([line]);
    expect(changeText(changes[0]!)).toEqual(text as string);
  });

  test("turn around: what was added one way is removed the other way, with the same values", () => {
    const numbers = fc.record({
      size: fc.constantFrom(0.6, 0.7, 0.8),
      level: fc.constantFrom(0.1, 0.2, 0.3),
      rules: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 0 }),
    });
    const make = ({ size, level, rules }: { size: number; level: number; rules: string[] }) =>
      bundleOf((draft) => {
        const when = { f: "obi_5", op: "<", v: level };
        draft.rules = rules.map((rule_id) => ({ rule_id, when, effect: { size_mult: size } }));
      });
    const text = (parts: object) => JSON.stringify(parts);
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const [there, back] = [bundleDiff(make(one), make(other)), bundleDiff(make(other), make(one))];
        const turned = there.map(({ op, before, after, ...change }) => ({
          ...change,
          op: op === "added" ? "removed" : op === "removed" ? "added" : op,
          ...{ before: after, after: before },
        }));
        const sorted = (list: object[]) =>
          (list as Record<string, unknown>[]).map(({ kind, id, path, op, before, after }) =>
            text([kind, id, path, op, before, after]),
          );
        expect(sorted(turned as never).sort()).toEqual(sorted(back as never).sort());
      }),
      { seed: 9, numRuns: 60 },
    );
  });
});
