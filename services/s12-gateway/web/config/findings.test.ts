import { describe, expect, test } from "bun:test";
import { findingsOf, isReplaceable, NO_YAML, nextFinding, REV_TAKEN, suggestedEdit } from "./findings.ts";
import { appliedTo } from "./text-edits.ts";
import { readYaml } from "./yaml-places.ts";

const TEXT = `format: 1
rev: 3
rules:
  - rule_id: calm
    whem: { f: "atr_14", op: ">", v: 1 }
`;
const yaml = readYaml(TEXT);
const REPORT = {
  passed: false,
  errors: [
    { path: "rules[0].whem.f", code: "UNKNOWN_FACTOR", message: "no factor", suggestion: "atr_14_1m" },
    { path: "rules[0].whem", code: "UNKNOWN_KEY", message: "no key", suggestion: "when" },
    { path: "strategies", code: "INVALID_TYPE", message: "required" },
  ],
  warnings: [{ path: "rules[0]", code: "NO_EFFECT", message: "does nothing" }],
};

describe("findings", () => {
  const findings = findingsOf(yaml, REPORT, 2);
  const one = (code: string) => findings.find((finding) => finding.code === code)!;
  test("each is at its line, in the order of the text", () => {
    expect(findings.map(({ code, line }) => `${line} ${code}`)).toEqual([
      "1 INVALID_TYPE",
      "4 NO_EFFECT",
      "5 UNKNOWN_KEY",
      "5 UNKNOWN_FACTOR",
    ]);
  });
  test("a suggestion replaces a key by a key and a value by a value", () => {
    expect(appliedTo(TEXT, suggestedEdit(TEXT, one("UNKNOWN_KEY")))).toContain('    when: { f: "atr_14",');
    expect(appliedTo(TEXT, suggestedEdit(TEXT, one("UNKNOWN_FACTOR")))).toContain('f: "atr_14_1m"');
    expect(isReplaceable(yaml, one("UNKNOWN_KEY"))).toBe(true);
    expect(isReplaceable(yaml, { ...one("INVALID_TYPE"), suggestion: "x" })).toBe(false);
    expect(isReplaceable(yaml, one("NO_EFFECT"))).toBe(false);
  });
  test("a revision that is taken is told with the next that is free", () => {
    expect(findingsOf(yaml, undefined, 2)).toEqual([]);
    const [taken] = findingsOf(yaml, undefined, 7);
    expect(taken).toMatchObject({ code: REV_TAKEN, line: 2, suggestion: "8" });
    expect(appliedTo(TEXT, suggestedEdit(TEXT, taken!))).toContain("rev: 8\n");
  });
  test("text that is no YAML is told alone", () => {
    const broken = findingsOf(readYaml("a: [1\nb: 2\n"), REPORT, 1);
    expect(broken.every(({ code }) => code === NO_YAML)).toBe(true);
  });
  test("one goes from each to the next and around", () => {
    expect(nextFinding(findings, 0, 1)?.line).toBe(4);
    expect(nextFinding(findings, TEXT.length, 1)?.line).toBe(1);
    expect(nextFinding(findings, 0, -1)?.line).toBe(5);
    expect(nextFinding([], 0, 1)).toBeUndefined();
  });
});
