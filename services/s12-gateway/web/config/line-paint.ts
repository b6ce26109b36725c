/** A line of YAML in coloured pieces, with what was found in it underlined; marks keep their place while one types. */
import type { Span } from "./yaml-places.ts";

export const SEVERITIES = ["error", "warning", "hint"] as const;
export type Severity = (typeof SEVERITIES)[number];
/** The gravest of those given. */
export const gravest = (all: readonly Severity[]): Severity | undefined =>
  SEVERITIES.find((each) => all.includes(each));

export interface Mark extends Span {
  readonly severity: Severity;
}
export type Ink = "key" | "text" | "number" | "comment" | "sign" | "plain";
export interface Piece {
  readonly text: string;
  readonly ink: Ink;
  readonly severity?: Severity;
}

const TOKEN =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<key>(?:"[^"]*"|'[^']*'|[\w.-]+)(?=\s*:(?:\s|$)))|(?<text>(?<=^|[\s[{,:])(?:"(?:[^"\\]|\\.)*"?|'[^']*'?))|(?<number>(?<![\w.:-])[+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w:-])|\b(?:true|false|null)\b)|(?<sign>[{}[\],:-]+(?=\s|$|[{}[\],"'\w]))/g;

interface Inked extends Span {
  readonly ink: Ink;
}

function inksOf(line: string): Inked[] {
  const inks: Inked[] = [];
  for (const found of line.matchAll(TOKEN)) {
    const ink = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined)?.[0] as Ink;
    inks.push({ ink, from: found.index, to: found.index + found[0].length });
  }
  return inks;
}

/** `from`: where the line begins in the text that the marks are of. */
export function paintedLine(line: string, from: number, marks: readonly Mark[]): Piece[] {
  const here = marks
    .map((mark) => ({ ...mark, from: Math.max(0, mark.from - from), to: Math.min(line.length, mark.to - from) }))
    .filter((mark) => mark.from < mark.to);
  const inks = inksOf(line);
  const cuts = [...inks, ...here].flatMap((span) => [span.from, span.to]);
  const ends = [...new Set([0, ...cuts, line.length])].sort((a, b) => a - b);
  return ends.slice(1).map((end, i): Piece => {
    const start = ends[i]!;
    const covers = (span: Span) => span.from <= start && span.to >= end;
    const ink = inks.find(covers)?.ink ?? "plain";
    const marked = here.filter(covers).map(({ severity }) => severity);
    const severity = gravest(marked);
    return { text: line.slice(start, end), ink, ...(severity && { severity }) };
  });
}

/** Marks of an older text in the newer one: what lies before or after the change moves along, what is within goes. */
export function movedMarks(marks: readonly Mark[], before: string, after: string): readonly Mark[] {
  if (before === after) return marks;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const shift = after.length - before.length;
  return marks.flatMap((mark) => {
    if (mark.to <= head) return [mark];
    if (mark.from >= before.length - tail) return [{ ...mark, from: mark.from + shift, to: mark.to + shift }];
    return [];
  });
}
