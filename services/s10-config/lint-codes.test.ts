/** Every lint rule: a bundle that trips it, and one just beside that does not. */
import { describe, expect, test } from "bun:test";
import { readBundleText } from "./bundle-text.ts";
import { type Known, lintBundle } from "./lint.ts";
import {
  base,
  baseHash,
  CASES,
  cutoffs,
  type Draft,
  f,
  flags,
  hash,
  type Made,
  rules,
  shipped,
  strategy,
  type Tree,
  trigger,
  when,
} from "./lint-codes.fixture.ts";
import { LINT_CODES, type LintCode } from "./lint-codes.ts";
import { lintDraft } from "./lint-text.ts";

async function linted(made: Made, known: Known = {}) {
  const bases = { hashes: [baseHash], load: async () => base };
  if (typeof made === "string") return lintDraft({ text: made }, { known, bases });
  const draft = readBundleText(shipped) as Draft;
  made(draft);
  return lintDraft({ bundle: draft }, { known, bases });
}
async function found(code: string, made: Made, known?: Known): Promise<string[]> {
  const report = await linted(made, known);
  const { severity } = LINT_CODES[code as LintCode];
  const list = { ERROR: report.errors, WARNING: report.warnings, HINT: report.hints }[severity];
  expect(report.passed).toBe(report.errors.length === 0);
  return list.filter((finding) => finding.code === code).map(({ path }) => path);
}

test("every code of the catalogue has a bundle that trips it, and no other has one", () => {
  expect(Object.keys(CASES).sort()).toEqual(Object.keys(LINT_CODES).sort());
});

describe("lint finds, and not in the bundle beside,", () => {
  test.each(Object.entries(CASES))("%s", async (code, { trips, beside, path, known }) => {
    expect(await found(code, trips, known)).toContain(path);
    expect(await found(code, beside, known)).not.toContain(path);
  });
});

describe("lint says of", () => {
  test.each<[string, Made, Tree]>([
    [
      "comparisons that exclude each other, which",
      when({ allOf: [f("obi_5", ">", 0.6), f("mid", ">", 1), f("obi_5", "<", 0)] }),
      { message: "can never be true: obi_5 > 0.6 and obi_5 < 0 exclude each other" },
    ],
    [
      "a comparison beyond a range, the range",
      when(f("obi_5", ">", 2)),
      { path: "rules[0].when", message: "obi_5 > 2 can never be true: obi_5 is from -1 to 1" },
    ],
    ["an operator, the nearest there is", when(f("mid", "=>", 1)), { path: "rules[0].when.op", suggestion: ">=" }],
    [
      "a part of a condition, where it is",
      when({ allOf: [f("mid", ">", 1), { not: f("rsi_14_5s", ">", 101) }] }),
      { path: "rules[0].when.allOf[1].not", code: "BEYOND_RANGE" },
    ],
    [
      "a level at the end of its range, the direction",
      trigger(-1),
      { message: "is never crossed up: obi_5 is from -1 to 1" },
    ],
    [
      "a group that moves together, who is not there",
      flags("risk", { correlated: [{ instruments: ["FUT:BTCUSDT", "FUT:ETHUSD"], exposure_usdt_max: "9" }] }),
      { path: "flags.risk.correlated[0].instruments[1]", suggestion: "FUT:ETHUSDT" },
    ],
  ])("%s", async (_name, made, finding) => {
    expect((await linted(made)).errors).toContainEqual(expect.objectContaining(finding));
  });

  test("a rule behind one that skips, the other's name; not when that is for another strategy", async () => {
    const behind = (strategies: string[]) =>
      rules(
        { when: f("obi_10", ">", 0.4), effect: { skip_entry: true }, strategies, priority: 1 },
        { when: f("obi_10", ">", 0.5) },
      );
    expect((await linted(behind([]))).warnings).toMatchObject([
      { path: "rules[1]", message: expect.stringContaining('"rule-0"') },
    ]);
    expect((await linted(behind(["trend-bars"]))).warnings).toEqual([]);
  });

  test("a rule for shorts of spot alone, that there are none", async () => {
    const short = rules({ strategies: ["spot-reversion"], when: { allOf: [f("side", "==", -1), f("obi_5", "<", 0)] } });
    expect((await linted(short)).warnings).toMatchObject([{ path: "rules[0].when", code: "SPOT_SHORT" }]);
  });

  test("a factor that only a model or a program uses, nothing", async () => {
    const model = strategy({ model: { model_id: "base", hash, cutoffs } });
    const known = { models: [{ model_id: "base", hash, features: ["obi_1"] }] };
    expect(await found("UNUSED_FACTOR", model, known)).not.toContain("factors[6]");
    expect(await found("UNUSED_FACTOR", model)).toEqual([]);
  });
});

test("ten thousand rules that skip are linted in time", async () => {
  const draft = readBundleText(shipped) as Draft;
  const list = Array.from({ length: 10_000 }, (_, i) => ({
    when: f("obi_10", ">", i / 20_000),
    effect: { skip_entry: true },
  }));
  rules(...list.reverse())(draft);
  const report = lintBundle(draft).report;
  expect([report.passed, report.warnings.some(({ code }) => code === "NOT_ALL_CHECKED")]).toEqual([true, true]);
});
