/** Every lint rule, tripped by a change of the shipped bundle. */
import { describe, expect, test } from "bun:test";
import { bundleJsonSchema } from "./bundle-schema.ts";
import { readBundleText } from "./bundle-text.ts";
import shippedBundle from "./default-bundle.yaml" with { type: "text" };
import { lintBundle } from "./lint.ts";
import { FINDINGS_MAX } from "./schema-faults.ts";

type Draft = Record<string, unknown> & {
  factors: string[];
  instruments: Record<string, unknown>[];
  strategies: Record<string, unknown>[];
  rules: Record<string, unknown>[];
  flags: Record<string, Record<string, unknown>>;
};
const shipped = (): Draft => readBundleText(shippedBundle as unknown as string) as Draft;
function linted(change: (draft: Draft) => void, known = {}) {
  const draft = shipped();
  change(draft);
  return lintBundle(draft, known).report;
}

/** A change of the shipped bundle and the finding it must make. */
const FAULTS: [string, (draft: Draft) => void, object][] = [
  [
    "an unknown key, with what was meant",
    (d) => Object.assign(d.flags.sizing!, { leverge: 5 }),
    { path: "flags.sizing.leverge", code: "UNKNOWN_KEY", suggestion: "leverage" },
  ],
  [
    "an unknown key deep in a union",
    (d) => Object.assign(d.rules[0]!, { when: { anyOf: [{ f: "mid", opp: "<", v: 1 }] } }),
    { path: "rules[0].when.anyOf[0].opp", code: "UNKNOWN_KEY", suggestion: "op" },
  ],
  ["a missing key", (d) => delete (d as Record<string, unknown>).format, { path: "format", code: "INVALID_VALUE" }],
  [
    "a multiplier out of range",
    (d) => Object.assign(d.rules[0]!, { effect: { size_mult: 9 } }),
    { path: "rules[0].effect.size_mult", code: "TOO_BIG" },
  ],
  [
    "an operator that is none",
    (d) => Object.assign(d.rules[0]!, { when: { f: "mid", op: "=>", v: 1 } }),
    { path: "rules[0].when.op", code: "INVALID_VALUE" },
  ],
  [
    "an unlisted factor",
    (d) => Object.assign(d.rules[0]!, { when: { f: "spread_bsp", op: "<", v: 1 } }),
    { path: "rules[0].when.f", code: "UNKNOWN_NAME", suggestion: "spread_bps" },
  ],
  [
    "an unlisted factor on the right",
    (d) => Object.assign(d.rules[0]!, { when: { f: "mid", op: "<", vf: "micro_price" } }),
    { path: "rules[0].when.vf", code: "UNKNOWN_NAME", suggestion: "microprice" },
  ],
  [
    "an instrument that the bundle lacks",
    (d) => Object.assign(d.strategies[0]!, { instruments: ["FUT:BTCUSDC"] }),
    { path: "strategies[0].instruments[0]", code: "UNKNOWN_NAME", suggestion: "FUT:BTCUSDT" },
  ],
  [
    "a malformed instrument",
    (d) => Object.assign(d.instruments[0]!, { instrument: "fut:btc" }),
    { path: "instruments[0].instrument", code: "INVALID_FORMAT" },
  ],
  [
    "a rule for a strategy that isn't there",
    (d) => Object.assign(d.rules[0]!, { strategies: ["trend-bar"] }),
    { path: "rules[0].strategies[0]", code: "UNKNOWN_NAME", suggestion: "trend-bars" },
  ],
  ["a rule id twice", (d) => d.rules.push({ ...d.rules[0] }), { path: "rules[6]", code: "DUPLICATE" }],
  [
    "a strategy id twice",
    (d) => d.strategies.push({ ...d.strategies[0] }),
    { path: "strategies[3]", code: "DUPLICATE" },
  ],
  [
    "a factor that nobody computes",
    (d) => d.factors.push("atr_14_7m"),
    { code: "UNKNOWN_FACTOR", suggestion: "atr_14_1m" },
  ],
  ["a factor twice", (d) => d.factors.push("mid"), { code: "DUPLICATE" }],
  [
    "comparisons that exclude each other",
    (d) =>
      Object.assign(d.rules[0]!, {
        when: {
          allOf: [
            { f: "mid", op: ">", v: 5 },
            { f: "mid", op: "<=", v: 5 },
          ],
        },
      }),
    { path: "rules[0].when", code: "UNREACHABLE" },
  ],
  [
    "a strategy without an entry",
    (d) => {
      delete d.strategies[0]!.long;
      delete d.strategies[0]!.short;
    },
    { path: "strategies[0]", code: "NO_ENTRY" },
  ],
  [
    "a list where one value belongs",
    (d) => Object.assign(d.rules[0]!, { when: { f: "mid", op: "<", v: [1, 2] } }),
    { path: "rules[0].when.v", code: "WRONG_TYPE" },
  ],
  [
    "one value where a list belongs",
    (d) => Object.assign(d.rules[0]!, { when: { f: "mid", op: "in", v: 1 } }),
    { path: "rules[0].when.v", code: "WRONG_TYPE" },
  ],
  [
    "a factor compared with a word",
    (d) => Object.assign(d.rules[0]!, { when: { f: "regime", op: "==", v: "EXTREME" } }),
    { path: "rules[0].when.v", code: "WRONG_TYPE" },
  ],
  [
    "an instrument that moves together with others and is not in the bundle",
    (d) =>
      Object.assign(d.flags.risk!, {
        correlated: [{ instruments: ["FUT:BTCUSDT", "FUT:ETHUSD"], exposure_usdt_max: "100" }],
      }),
    { path: "flags.risk.correlated[0].instruments[1]", code: "UNKNOWN_NAME", suggestion: "FUT:ETHUSDT" },
  ],
  [
    "money that is no number",
    (d) => Object.assign(d.flags.sizing!, { margin_usdt: "a lot" }),
    { path: "flags.sizing.margin_usdt" },
  ],
];

describe("lint", () => {
  test("the shipped bundle passes without a warning", () => {
    const { report, bundle } = lintBundle(shipped());
    expect(report).toMatchObject({ passed: true, errors: [], warnings: [] });
    // It lists factors to be looked at and learned from, and lets newcomers change it at once.
    expect(new Set(report.hints.map(({ code }) => code))).toEqual(new Set(["UNUSED_FACTOR", "LIVE_STEPS"]));
    expect(bundle?.strategies.some((s) => s.triggers.some((t) => t.kind === "cross"))).toBe(true);
    expect(bundle?.strategies.some((s) => s.triggers.some((t) => t.kind === "bar"))).toBe(true);
    expect(bundle?.strategies.some((s) => s.instruments.every((name) => name.startsWith("SPOT:")))).toBe(true);
  });

  test("an instrument that is not traded, but that a factor of another looks at, is there for something", () => {
    const without = (factors: string[]) =>
      linted((draft) => {
        draft.factors.push(...factors);
        draft.instruments.push({ instrument: "FUT:SOLUSDT" });
      }).hints.filter(({ code }) => code === "UNUSED_INSTRUMENT");
    expect(without([])).toHaveLength(1);
    expect(without(["rv_20_1m@FUT:SOLUSDT"])).toEqual([]);
  });

  test.each(FAULTS)("finds %s", (_name, change, finding) => {
    const report = linted(change);
    expect(report.passed).toBe(false);
    expect(report.errors).toContainEqual(expect.objectContaining(finding));
  });

  test("warns of a watch that allows less than the canary before it might have lost already", () => {
    const warned = (watch_drawdown_usdt_max: string) =>
      linted((d) => Object.assign(d.flags, { promotion: { drawdown_usdt_max: "30", watch_drawdown_usdt_max } }))
        .warnings;
    const path = "flags.promotion.watch_drawdown_usdt_max";
    expect(warned("29.9")).toMatchObject([{ path, code: "LIMITS_CROSSED" }]);
    expect(warned("30")).toEqual([]);
  });

  test("checks instruments against what exists, where that is known", () => {
    const paths = linted(() => {}, { instruments: ["FUT:BTCUSDT"] }).errors.map((error) => error.path);
    expect(paths).toContain("instruments[1].instrument");
    expect(paths).not.toContain("instruments[0].instrument");
  });

  test("refuses conditions nested deeper than the limit, and endless ones unread", () => {
    const nest = (levels: number): object => {
      let when: object = { f: "mid", op: ">", v: 1 };
      for (let i = 1; i < levels; i += 1) when = { not: when };
      return when;
    };
    expect(linted((d) => Object.assign(d.rules[0]!, { when: nest(8) })).passed).toBe(true);
    expect(linted((d) => Object.assign(d.rules[0]!, { when: nest(9) })).errors[0]?.code).toBe("TOO_DEEP");
    expect(linted((d) => Object.assign(d.rules[0]!, { when: nest(50_000) })).errors[0]?.code).toBe("TOO_DEEP");
  });

  test("tells so many faults and no more, however many there are", () => {
    const many = (make: (i: number) => object) =>
      Object.assign({}, ...Array.from({ length: 5_000 }, (_, i) => make(i)));
    const documents = [
      many((i) => ({ [`key_${i}`]: 1 })),
      { ...many((i) => ({ [`key_${i}`]: 1 })), format: 1 },
      { format: 1, rules: Array.from({ length: 5_000 }, () => ({ a: 1, b: 2 })) },
    ];
    for (const document of documents) expect(lintBundle(document).report.errors).toHaveLength(FINDINGS_MAX);
  });

  test.each([[null], [[]], ["text"], [7], [{}], [{ __proto__: null, format: 2 }]])("refuses %p", (document) => {
    expect(lintBundle(document).report.passed).toBe(false);
  });
});

describe("bundle text", () => {
  test("tells the line of a YAML fault", () => {
    expect(() => readBundleText("format: 1\nrules: [\n  - {")).toThrow(/line \d/);
  });
  test("refuses duplicate keys, alias bombs and oversized text", () => {
    expect(() => readBundleText("format: 1\nformat: 1")).toThrow("unique");
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\n${[..."bcdefgh"]
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`)
      .join("\n")}`;
    expect(() => readBundleText(bomb)).toThrow("aliases");
    expect(() => readBundleText("x".repeat(4_000_001))).toThrow("at most");
  });
  test("reads JSON too", () => {
    expect(readBundleText('{"format": 1}')).toEqual({ format: 1 });
  });
});

test("the JSON Schema names every top-level key", () => {
  const schema = bundleJsonSchema() as { properties: object; additionalProperties: boolean };
  expect(Object.keys(schema.properties)).toContain("strategies");
  expect(schema.additionalProperties).toBe(false);
});

describe("a strategy's model", () => {
  const hash = "a".repeat(64);
  const cutoffs = [{ p_min: 0.5, size_mult: 1 }];
  const use = (change: object = {}) => ({ model_id: "base", hash, cutoffs, ...change });
  const known = { models: [{ model_id: "base", hash, features: ["spread_bps", "side"] }] };
  const faultsOf = (model: object, about: object = known) =>
    linted((d) => Object.assign(d.strategies[0]!, { model }), about).errors.map(({ path, code }) => `${code} ${path}`);

  test("must be registered, under that hash, and its inputs listed", () => {
    expect(faultsOf(use())).toEqual([]);
    expect(faultsOf(use({ model_id: "bade" }))).toEqual(["UNKNOWN_NAME strategies[0].model.model_id"]);
    expect(faultsOf(use({ hash: "b".repeat(64) }))).toEqual(["UNKNOWN_NAME strategies[0].model.hash"]);
    const odd = { models: [{ model_id: "base", hash, features: ["rsi_99_4h"] }] };
    expect(faultsOf(use(), odd)).toEqual(["UNKNOWN_NAME strategies[0].model.hash"]);
    expect(faultsOf(use({ model_id: "other" }), {})).toEqual([]);
  });

  test("has each cut-off once, with sizes in their range", () => {
    expect(faultsOf(use({ cutoffs: [...cutoffs, ...cutoffs] }))).toEqual([
      "DUPLICATE strategies[0].model.cutoffs[1].p_min",
    ]);
    expect(faultsOf(use({ cutoffs: [{ p_min: 0.5, size_mult: 3 }] }))).toEqual([
      "TOO_BIG strategies[0].model.cutoffs[0].size_mult",
    ]);
    expect(faultsOf(use({ cutoffs: [] }))).toHaveLength(1);
  });
});

describe("a strategy's program", () => {
  const hash = "c".repeat(64);
  const known = { programs: [{ program_id: "quotes", hash }] };
  const faultsOf = (strategy: object) =>
    linted(
      (d) => Object.assign(d.strategies[0]!, { long: undefined, short: undefined, ...strategy }),
      known,
    ).errors.map(({ path, code }) => `${code} ${path}`);

  test("stands in place of both conditions and of a model", () => {
    const program = { program_id: "quotes", hash };
    const long = { f: "mid", op: ">", v: 1 };
    expect(faultsOf({ program })).toEqual([]);
    expect(faultsOf({ program, long })).toEqual(["EXCLUDED strategies[0].long"]);
  });

  test("must be registered, under that hash", () => {
    expect(faultsOf({ program: { program_id: "quots", hash } })).toEqual([
      "UNKNOWN_NAME strategies[0].program.program_id",
    ]);
    expect(faultsOf({ program: { program_id: "quotes", hash: "d".repeat(64) } })).toEqual([
      "UNKNOWN_NAME strategies[0].program.hash",
    ]);
  });
});
