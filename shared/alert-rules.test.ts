import { expect, test } from "bun:test";
import { join } from "node:path";
import { ALERT_RULES, isAtLeast, kindsFor, ruleOf, runbookOf } from "./alert-rules.ts";
import { ModelTrouble } from "./domain/model.ts";
import { ProgramTrouble } from "./domain/program.ts";

const ROOT = join(import.meta.dir, "..");

/** Where a code is no text at the place where it is told: what it can be there. */
const NAMED_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "services/s01-exchange/binance/rest.ts": ["EXCHANGE_BAN", "EXCHANGE_RATE_LIMIT"],
  "services/s01-exchange/ccxt/net-bridge.ts": ["EXCHANGE_BAN", "EXCHANGE_RATE_LIMIT"],
  "services/s03-strategy/service.ts": [
    "LIMIT_DAILY_LOSS",
    ...ModelTrouble.options.map((trouble) => `MODEL_${trouble.toUpperCase()}`),
    ...ProgramTrouble.options.map((trouble) => `PROGRAM_${trouble.toUpperCase()}`),
  ],
  "services/s04-router/execute.ts": ["INTENT_FAILED", "BALANCE_SHORT"],
  "services/s05-reconciler/recognised.ts": ["LIQUIDATION", "AUTO_DELEVERAGING", "MANUAL_TRADE", "MISSED_FILLS"],
  "services/s05-reconciler/repairs.ts": [
    ...["ORDER_MISSING_HERE", "ORDER_GONE_THERE", "ORDER_DIFFERS", "POSITION_DIFFERS", "HOLDING_DIFFERS"],
    "TRADE_DIFFERS",
  ],
  "services/s07-label/service.ts": ["LABELS_MISSING_12H", "LABELS_MISSING_24H", "LABELS_MISSING_36H"],
  "services/s11-metrics/slo.verbs.ts": ["SLO_BURN_PAGE", "SLO_BURN_TICKET"],
  "services/s12-gateway/audit.ts": ["AUDIT_CUT_OFF", "AUDIT_REWRITTEN"],
};

interface Told {
  path: string;
  /** The second argument as it is written. */
  code: string;
}

/** Alerts that are put into a commit. */
const EVENT = /\bseverity: "(?:INFO|WARN|ERROR|FATAL)",[^}]{0,200}?\bcode: ("[A-Z_]+")/g;
/** Calls that tell an alert, such as `alert("WARN", "CODE", …)`; declarations of such functions are none. */
const CALL =
  /\b(?:alert|raise)\(\s*(?:"(?:INFO|WARN|ERROR|FATAL)"|[\w.[\]]+|[^,;{}]*\?[^,;]*:[^,;]*),\s*([^\s,][^,]*?)\s*,/g;
const DECLARATION = /^(?:code|\w+\??): |^code$/;

async function tellings(): Promise<Told[]> {
  const files = [...new Bun.Glob("{services,shared,ops}/**/*.ts").scanSync({ cwd: ROOT })].filter(
    (path) => !/\.(test|fixture|contract)\.ts$|\/web\/|\/gen\//.test(path),
  );
  const all = await Promise.all(
    files.map(async (path) => {
      const text = (await Bun.file(join(ROOT, path)).text()).replaceAll(/\/\*[\s\S]*?\*\//g, "");
      return [...text.matchAll(CALL), ...text.matchAll(EVENT)].map(([, code = ""]) => ({ path, code }));
    }),
  );
  return all.flat().filter(({ code }) => !DECLARATION.test(code));
}

const told = await tellings();
const literal = (code: string): string | undefined => /^"([A-Z][A-Z0-9_]*)"$/.exec(code)?.[1];

test("every alert that is told has a rule", () => {
  expect(told.length).toBeGreaterThan(60);
  const unruled = told
    .flatMap(({ path, code }) => (literal(code) ? [{ path, code: literal(code) as string }] : []))
    .filter(({ code }) => ruleOf(code) === undefined)
    .map(({ path, code }) => `${path}: ${code} has no rule: write one in shared/alert-rules/, then bun run generate`);
  expect(unruled).toEqual([]);
});

test("of a code that is put together where it is told, it is said here what it can be", () => {
  const computed = told.filter(({ code }) => literal(code) === undefined).map(({ path }) => path);
  expect(computed.filter((path) => NAMED_ELSEWHERE[path] === undefined)).toEqual([]);
  const codes = Object.values(NAMED_ELSEWHERE).flat();
  expect(codes.filter((code) => ruleOf(code) === undefined)).toEqual([]);
});

test("every rule is of an alert that somebody tells", async () => {
  const codes = [...told.flatMap(({ code }) => literal(code) ?? []), ...Object.values(NAMED_ELSEWHERE).flat()];
  const silent = ALERT_RULES.filter((rule) => !codes.some((code) => ruleOf(code) === rule)).map(({ code }) => code);
  expect(silent).toEqual([]);
});

test("each code has one rule, with a section of its own, in whole sentences", async () => {
  expect(new Set(ALERT_RULES.map(({ code }) => code)).size).toBe(ALERT_RULES.length);
  const page = await Bun.file(join(ROOT, "docs/reference/alerts.md")).text();
  const headings = [...page.matchAll(/^## `(.+)`$/gm)].map(([, code = ""]) => code.toLowerCase().replace("*", ""));
  expect(ALERT_RULES.map((rule) => runbookOf(rule).split("#")[1])).toEqual(headings);
  for (const { means, done, look, act } of ALERT_RULES) {
    for (const sentence of [means, done, look, act]) expect(sentence).toMatch(/^[`A-Z\d][^\n]*[.`?]$/);
  }
  // What ends something is a rule too.
  expect(ALERT_RULES.flatMap(({ ends }) => ends?.codes ?? []).filter((code) => !ruleOf(code))).toEqual([]);
});

test("who is told grows with the severity", () => {
  expect(["INFO", "WARN", "ERROR", "FATAL"].map((severity) => kindsFor(severity as never).length)).toEqual([
    0, 3, 4, 5,
  ]);
  expect([isAtLeast("FATAL", "WARN"), isAtLeast("WARN", "WARN"), isAtLeast("INFO", "WARN")]).toEqual([
    true,
    true,
    false,
  ]);
});
