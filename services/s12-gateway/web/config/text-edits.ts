/** What keys do to the text of a bundle: indent, keep the indent on a new line, turn lines into comments. */

/** Replaces `from` to `to` by `insert`; what is selected afterwards is `select`. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
  readonly select: readonly [number, number];
}
export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const STEP = "  ";

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;
function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Without a selection over lines two spaces come; with one, all of its lines move. */
export function indented(selected: Selected): TextEdit {
  const { text, start, end } = selected;
  if (!text.slice(start, end).includes("\n")) {
    const at = start + STEP.length;
    return { from: start, to: end, insert: STEP, select: [at, at] };
  }
  return changedLines(selected, (line) => (line === "" ? line : STEP + line));
}

export const outdented = (selected: Selected): TextEdit =>
  changedLines(selected, (line) => (line.startsWith(STEP) ? line.slice(STEP.length) : line.trimStart()));

/** A comment where one line at least is none; else none of them is one. */
export function commented(selected: Selected): TextEdit {
  const { text, start, end } = selected;
  const lines = text.slice(lineStart(text, start), lineEnd(text, end)).split("\n");
  const full = lines.filter((line) => line.trim() !== "");
  const isOff = full.length > 0 && full.every((line) => line.trimStart().startsWith("#"));
  const depth = Math.min(...full.map((line) => line.length - line.trimStart().length));
  return changedLines(selected, (line) => {
    if (line.trim() === "") return line;
    return isOff ? line.replace(/^(\s*)# ?/, "$1") : `${line.slice(0, depth)}# ${line.slice(depth)}`;
  });
}

function changedLines({ text, start, end }: Selected, change: (line: string) => string): TextEdit {
  const from = lineStart(text, start);
  // A selection that ends before a line's first character does not mean that line.
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const to = lineEnd(text, last);
  const lines = text.slice(from, to).split("\n");
  const insert = lines.map(change).join("\n");
  const first = change(lines[0] ?? "").length - (lines[0] ?? "").length;
  if (start === end) {
    const at = Math.max(from, start + first);
    return { from, to, insert, select: [at, at] };
  }
  return { from, to, insert, select: [Math.max(from, start + first), end + insert.length - (to - from)] };
}

/** A new line begins where this one does; one step further after what opens a map or a list. */
export function newLine({ text, start, end }: Selected): TextEdit {
  const line = text.slice(lineStart(text, start), start);
  const indent = /^\s*(?:- )?/.exec(line)?.[0].replace("-", " ") ?? "";
  const opens = /:\s*(?:#.*)?$/.test(line);
  const insert = `\n${indent}${opens ? STEP : ""}`;
  return { from: start, to: end, insert, select: [start + insert.length, start + insert.length] };
}

export const appliedTo = (text: string, { from, to, insert }: TextEdit): string =>
  text.slice(0, from) + insert + text.slice(to);
