/** What is wrong with the text in the editor, each thing with its place: from the text itself and from the lint. */

import type { Mark, Severity } from "./line-paint.ts";
import type { LintReport } from "./lint-report.ts";
import type { TextEdit } from "./text-edits.ts";
import { asScalar, keySpan, readPath, valueSpan, type YamlText } from "./yaml-places.ts";

export interface Finding extends Mark {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
  /** From 1. */
  readonly line: number;
}

/** Of a key, not of a value. */
const OF_KEYS = new Set(["UNKNOWN_KEY"]);
export const NO_YAML = "NO_YAML";
export const REV_TAKEN = "REV_TAKEN";

/** In the order of the text. */
export function findingsOf(yaml: YamlText, report: LintReport | undefined, highest: number | undefined): Finding[] {
  const at = lineCounter(yaml.text);
  if (yaml.faults.length > 0) {
    return yaml.faults.map(({ message, from, to }) => ({
      ...{ path: "", code: NO_YAML, message, severity: "error", from, to, line: at(from) },
    }));
  }
  const told = (severity: Severity, list: LintReport["errors"]): Finding[] =>
    list.map((finding) => {
      const span = (OF_KEYS.has(finding.code) ? keySpan : valueSpan)(yaml, finding.path);
      return { ...finding, ...span, severity, line: at(span.from) };
    });
  const { errors = [], warnings = [], hints = [] } = report ?? {};
  const all = [...told("error", errors), ...told("warning", warnings), ...told("hint", hints)];
  const taken = revTaken(yaml, highest);
  if (taken) all.push({ ...taken, line: at(taken.from) });
  return all.toSorted((a, b) => a.from - b.from || a.path.localeCompare(b.path));
}

/** The line of an offset, from 1. */
export function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** A draft needs a revision above all that there are. */
function revTaken(yaml: YamlText, highest: number | undefined): Omit<Finding, "line"> | undefined {
  const rev = yaml.document.get("rev");
  if (typeof rev !== "number" || highest === undefined || rev > highest) return undefined;
  const next = String(highest + 1);
  const span = valueSpan(yaml, "rev");
  return { path: "rev", code: REV_TAKEN, message: String(highest), suggestion: next, severity: "warning", ...span };
}

/** Puts the suggestion where the finding is. */
export function suggestedEdit(text: string, { from, to, suggestion = "" }: Finding): TextEdit {
  const insert = asScalar(suggestion, text.slice(from, to));
  return { from, to, insert, select: [from + insert.length, from + insert.length] };
}
/** Whether its place holds what the suggestion is meant to replace. */
export function isReplaceable(yaml: YamlText, { code, path, suggestion }: Finding): boolean {
  if (suggestion === undefined) return false;
  return OF_KEYS.has(code) || isSingle(yaml.document.getIn(readPath(path)));
}
const isSingle = (value: unknown): boolean => value !== undefined && typeof value !== "object";

/** The next one after a place, from the first again after the last. */
export function nextFinding(findings: readonly Finding[], caret: number, step: 1 | -1): Finding | undefined {
  const after = step === 1 ? findings.find(({ from }) => from > caret) : findings.findLast(({ from }) => from < caret);
  return after ?? (step === 1 ? findings[0] : findings.at(-1));
}
