import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ALERT_RULES } from "../../../../shared/alert-rules.ts";
import { Approval } from "../../../../shared/collections/people.ts";
import { Bundle, RuleEffect } from "../../../../shared/domain/bundle.ts";
import { AutomaticAction } from "../../../../shared/domain/watching.ts";
import { FAILURES } from "../../../../shared/errors.ts";
import { dryRunGate, robustnessGate } from "../../../../shared/simulation/gates.ts";
import { compileBundle } from "../../../../shared/trading/decision/compiled.ts";
import { featuresWith, listingOf, viewWith } from "../../../../shared/trading/decision/decision.fixture.ts";
import { GUARD_NAMES } from "../../../../shared/trading/decision/guards.ts";
import { weighHealth } from "../../../../shared/trading/decision/health-weight.ts";
import { compileRule } from "../../../../shared/trading/decision/rules.ts";
import { sizeEntry } from "../../../../shared/trading/decision/sizing.ts";
import { checksOf, decideGuard } from "../../../../shared/trading/health/backtest-guard.ts";
import { judgeReading, THRESHOLDS } from "../../../../shared/trading/health/judge-readings.ts";
import { OBJECTIVES } from "../../../../shared/trading/health/slo.ts";
import { healthGate, stepsGate } from "../../../../shared/trading/promotion/gates.ts";
import "../config/messages.ts";
import "../watch/messages.ts";
import { phraseReader } from "./phrases.ts";
import { PHRASES_ZH_TW } from "./phrases-zh-tw.ts";
import { MESSAGES } from "./translate.ts";

const ROOT = join(import.meta.dir, "../../../..");
const read = phraseReader(PHRASES_ZH_TW, (key) => MESSAGES["zh-TW"][key]);
/** Those of which something would be left in English. */
const unsaid = (texts: readonly string[]): string[] => texts.filter((text) => !read(text).isWhole);

/** Texts of a source as they are written, `{}` where a value is put in. */
const LITERAL = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
const withHoles = (text: string): string => {
  let found = text;
  for (let before = ""; before !== found; ) {
    before = found;
    found = found.replace(/\$\{[^{}]*\}/g, "{}").replace(/\$\{[^{}]*\{\}[^{}]*\}/g, "{}");
  }
  return found;
};
const skeleton = (form: string): string => form.replace(/\{\w+(?::[\w.]+)?\}/g, "{}");

async function sources(): Promise<{ path: string; text: string }[]> {
  const paths = [...new Bun.Glob("{services,shared,ops}/**/*.ts").scanSync({ cwd: ROOT })].filter(
    (path) => !/\.(test|fixture|contract)\.ts$|\/web\/|\/gen\/|^shared\/testing/.test(path),
  );
  return Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(join(ROOT, path)).text() })));
}
/** What stands between the brackets of each call that tells an alert. */
function callsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:alert|raise)\(\s*(?=["`\w])/g)].map((match) => {
    const from = match.index + match[0].length;
    const string = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/y;
    let at = from;
    for (let depth = 1; depth > 0 && at < text.length; ) {
      string.lastIndex = at;
      const literal = string.exec(text)?.[0];
      if (literal === undefined) depth += "([{".includes(text[at]!) ? 1 : ")]}".includes(text[at]!) ? -1 : 0;
      at += literal?.length ?? 1;
    }
    return text.slice(from, at - 1);
  });
}
const files = await sources();
const written = files
  .flatMap(({ text }) => [...text.matchAll(LITERAL)])
  .flatMap(([, plain, template = ""]) =>
    plain === undefined ? [withHoles(template), ...[...template.matchAll(LITERAL)].map(([, inner]) => inner)] : [plain],
  )
  .join("\n");

describe("a form", () => {
  test("is what a source says: who changes a sentence changes its form too", () => {
    // What is put together of several literals is in the source in parts.
    const parts = (form: string) =>
      skeleton(form)
        .split("{}")
        .map((part) => part.trim());
    const gone = Object.keys(PHRASES_ZH_TW).filter(
      (form) => !written.includes(skeleton(form)) && !parts(form).every((part) => written.includes(part)),
    );
    expect(gone).toEqual([]);
  });
  test("has a text with the same holes", () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name).sort();
    for (const [form, text] of Object.entries(PHRASES_ZH_TW))
      expect({ form, names: names(text).filter((name, at, all) => all[at - 1] !== name) }).toEqual({
        form,
        names: names(form).filter((name) => name !== "per" || text.includes("{per}")),
      });
  });
  test("gives its own text back with what stands in its holes, whatever other forms there are", () => {
    const sample: Record<string, string> = {
      word: "a-1",
      number: "1.5",
      instrument: "FUT:BTCUSDT",
      unit: "ms",
      "": "x y",
    };
    const wrong = Object.entries(PHRASES_ZH_TW).flatMap(([form, text]) => {
      const holes = [...form.matchAll(/\{(\w+)(?::([\w.]+))?\}/g)].map(
        ([, name = "", kind = ""]) => [name, kind] as const,
      );
      if (holes.length === 0 || holes.some(([, kind]) => sample[kind] === undefined)) return [];
      const fill = (of: string) =>
        of.replace(/\{(\w+)(?::\w+)?\}/g, (_, name) => sample[holes.find(([each]) => each === name)?.[1] ?? ""]!);
      const told = read(fill(form)).text;
      return told === fill(text) ? [] : [{ form, told }];
    });
    expect(wrong).toEqual([]);
  });
});

test("what stands in a hole is said too, as deep as it goes", () => {
  const told = [
    "SPOT:BTCUSDT: one leg of the pair trades",
    "The kill switch is on by itself: FATAL KEY_UNSAFE of s01: The key can withdraw: make one that cannot.",
    "somebody's own words",
  ].map((text) => read(text).text);
  expect(told).toEqual([
    "SPOT:BTCUSDT：停損停利組的一邊正在成交",
    "緊急停止已自動啟動：s01 的 FATAL KEY_UNSAFE：金鑰可以提領：請改用不能提領的。",
    "somebody's own words",
  ]);
});

describe("nothing is left in English of", () => {
  test("what an alert means, what is done and what to do", () => {
    expect(unsaid(ALERT_RULES.flatMap(({ means, done, look, act }) => [means, done, look, act]))).toEqual([]);
  });
  test("messages and actions of alerts that stand where they are told", () => {
    const said = files
      .flatMap(({ text }) => callsOf(text))
      .flatMap((call) => [...call.matchAll(LITERAL)])
      .map(([, plain, template]) => plain ?? template ?? "");
    const forms = new Set(Object.keys(PHRASES_ZH_TW).map((form) => skeleton(form)));
    const bare = (text: string) => withHoles(text).replace(/\.$/, "");
    const missing = said.filter((text) => / /.test(text) && !forms.has(bare(text)));
    expect(said.length).toBeGreaterThan(80);
    expect(missing).toEqual([]);
  });
  test("titles of problems", () => {
    expect(unsaid(Object.values(FAILURES).map(({ title }) => title))).toEqual([]);
  });
  test("what rules do to an entry", () => {
    const effects: RuleEffect[] = [
      {},
      ...[{ size_mult: 0.5 }, { tp_mult: 1.2, sl_mult: 2 }, { max_adds_override: 1 }, { skip_entry: true }],
    ].map((effect) => RuleEffect.parse(effect));
    const told = effects.map(
      (effect) => compileRule({ ...{ rule_id: "r", effect }, when: { all: [] } } as never).fired.effect,
    );
    expect(unsaid(told)).toEqual([]);
    // Every kind of effect has been told of.
    expect(new Set(effects.flatMap(Object.keys))).toEqual(new Set(Object.keys(RuleEffect.shape)));
  });
  test("the arithmetic of a size", () => {
    const { sizing, position } = compileBundle(viewWith()).strategies.get("lean")!;
    const common = { sizing, position, size_mult: 0.5, size_factors: ["0.5 (health YELLOW)"], tp_mult: 1, sl_mult: 1 };
    const steps = (["FUT:BTCUSDT", "SPOT:BTCUSDT"] as const).flatMap((instrument) =>
      (["BUY", "SELL"] as const).flatMap((side) =>
        [undefined, "60000"].flatMap((limit_price) => {
          const about = { side, instrument: listingOf(instrument), features: featuresWith({}, { instrument }) };
          return sizeEntry({ ...common, ...about, limit_price, taker_fee: 0.0005 }).sizing?.steps ?? [];
        }),
      ),
    );
    expect(steps.length).toBeGreaterThan(40);
    expect(unsaid(steps)).toEqual([]);
  });
});

describe("nothing is left in English, by what the code itself says, of", () => {
  test("why figures say what they say of health", () => {
    const reasons = THRESHOLDS.flatMap(({ name, worse }) =>
      [0, 1e9].flatMap((badAt) => {
        const value = worse === "above" ? 1e6 : -1;
        const reading = { name, value, sample: 1e6, badAt, ...(name.startsWith("model") && { of: "m@1" }) };
        return [judgeReading(reading, 1e9 + 1)?.reason ?? "none"];
      }),
    );
    expect(unsaid([...reasons, `${reasons[0]}; too little has been measured since`])).toEqual([]);
    const flags = Bundle.shape.flags.parse({});
    const beyond = { slippage: { value: 9, sample: 1e3 }, takers: { real: 1, expected: 0, sample: 1e3 } };
    const compared = { ...beyond, latency: { real: 9e3, assumed: 20, sample: 1e3 } };
    const checks = checksOf(compared, flags.backtest_guard);
    const at = (now: number, state = {}) => decideGuard(state, checks, { flags: flags.backtest_guard, now });
    const effects = at(1e12, at(0).state).effects;
    expect(unsaid([...checks.map(({ detail }) => detail), ...Object.values(effects)])).toEqual([]);
    expect(Object.keys(effects)).toHaveLength(2);
    const words = (["GREEN", "YELLOW", "ORANGE", "RED"] as const).flatMap(
      (health) =>
        weighHealth(
          {
            ...{ health, health_silent: true },
            effects: { spot_size: { mult: 0.5, why: reasons[5]! }, models_off: reasons[6]!, ...effects },
          } as never,
          flags.health,
          "SPOT:BTCUSDT",
        ).shown.effects,
    );
    expect(unsaid(words)).toEqual([]);
    expect(unsaid(OBJECTIVES.map(({ title }) => title))).toEqual([]);
  });
  test("what gates of a promotion say", () => {
    const gates = (["CANARY", "RAMP", "FULL", "ROLLBACK"] as const).flatMap((mode) => [
      ...[true, false].map((required) => stepsGate(mode, [], required)),
      stepsGate(
        mode,
        [
          { mode: "CANARY", status: "DONE" },
          { mode: "RAMP", status: "DONE" },
        ],
        true,
      ),
    ]);
    const health = [undefined, { level: "RED" as const, reasons: ["ack_p95_ms 3100ms is over 3000ms"] }].map((told) =>
      healthGate(told),
    );
    expect(unsaid([...gates, ...health].map(({ detail }) => detail))).toEqual([]);
  });
  test("what gates say of a simulation, and a promotion of its gates", () => {
    const limits = { skip_share_max: 0.3, size_up_share_max: 0.3, similarity_min: 0.35, signals_min: 30 };
    const gates = [0, 500].flatMap((count) => [
      dryRunGate(
        {
          ...{ wanted: count, both_open: count, only_active: 0, only_candidate: 0 },
          ...{ skipped_by_rules_share: 0.116, sized_up_share: 0.2 },
        } as never,
        limits as never,
      ),
      robustnessGate(
        { evaluated: count, opened: count, robustness: 0.9, epsilon: 0.05, flip_share: 0.1 } as never,
        { ...limits, robustness_min: 0.6 } as never,
      ),
    ]);
    expect(gates.map(({ state }) => state)).toEqual(["NOT_ENOUGH", "NOT_ENOUGH", "PASSED", "PASSED"]);
    const told = gates.map(({ detail }) => read(detail));
    // A hole for any text that took in more than a share would leave words of English.
    expect(told.filter(({ text, isWhole }) => !isWhole || /[a-z]/.test(text))).toEqual([]);
    const steps = ["lint passed, dry_run has too little to say", "in force for all; watched for 24 h"];
    expect(unsaid(steps)).toEqual([]);
  });
});

test("every code has a text in both languages: guards, reasons, kinds of approvals and of what is done by itself", () => {
  const reasons = files
    .filter(({ path }) => path.startsWith("shared/trading/decision/"))
    .flatMap(({ text }) => [...text.matchAll(/\b(?:none|noSide|nothing)\("(\w+)"\)|\breason: "(\w+)"/g)])
    .map(([, thrown, told]) => `reason.${thrown ?? told}`);
  const keys = [
    ...GUARD_NAMES.flatMap((name) => [`guard.${name}`, `reason.${name}`]),
    ...reasons,
    ...Approval.shape.kind.options.filter((kind) => kind !== "TRANSFER").map((kind) => `approval.what.${kind}`),
    ...AutomaticAction.shape.kind.options.map((kind) => `actions.kind.${kind}`),
  ];
  expect(keys.length).toBeGreaterThan(70);
  for (const texts of Object.values(MESSAGES)) expect(keys.filter((key) => texts[key] === undefined)).toEqual([]);
});

describe("what nobody of ours has written", () => {
  test("is not read for ever: a sentence that many forms fit in many ways stays English", () => {
    let asked = 0;
    const forms = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`{a${at}:say}-{b:group}`, `{a${at}}{b}`]));
    const reader = phraseReader(forms, () => {
      asked += 1;
      return "?";
    });
    const told = `x${"-x".repeat(200)}`;
    expect(reader(told).isWhole).toBe(false);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(10_000);
  });
  test("is given back as it is: what is too long, or looks like a hole, a pattern or a page", () => {
    const wild = [
      "a; ".repeat(40_000),
      "1.".repeat(50_000),
      "<b>{why}</b>",
      "$& $1 $`",
      "__proto__",
      "constructor",
      "",
    ];
    for (const text of wild) expect(read(text)).toEqual({ text, isWhole: false });
    const named = read("admin asks: Move 5 USDT from SPOT to FUT: <b>$& {id}</b> (t-1)").text;
    expect(named).toContain("<b>$& {id}</b>");
    expect(named).toContain("admin 要求");
  });
});
