/** `config lint`: what is wrong with a bundle's file, by line; nothing has to run for it. */
import type { LintAnswer } from "../../services/s10-config/document-types.ts";
import { lintDraft } from "../../services/s10-config/lint-text.ts";
import type { LintFinding } from "../../services/s10-config/types.ts";
import type { Command } from "./command.ts";
import { DATA_OPTION, DATA_USAGE, lintedThere, readBundleOf } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera config lint FILE [--running] [--hints] [--strict]

Checks a bundle as YAML or JSON: keys, ranges, names, conditions that can never or always hold, rules that never come to
fire, numbers that make no sense together. docs/reference/lint.md explains each finding.

  --running    by the running installation: also what exists there (instruments, models, programs), and drafts that
               extend a stored revision
  --hints      shows hints too, not only how many there are
  --strict     warnings fail too
${DATA_USAGE}
  --json       the report as it is

Exits with 1 when there are errors.`;

const OPTIONS = {
  running: { type: "boolean", default: false },
  hints: { type: "boolean", default: false },
  strict: { type: "boolean", default: false },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [file, more] = positionals;
  if (file === undefined || more !== undefined) throw new Error("Name one file: ./chimera config lint FILE");
  const text = readBundleOf(file);
  const report = values.running ? await lintedThere(values.data, text) : await lintedHere(text);
  if (values.json) print(JSON.stringify(report));
  else for (const line of reportLines(report, { file, text, hints: values.hints })) print(line);
  const isFailed = !report.passed || (values.strict && report.warnings.length > 0);
  return isFailed ? 1 : 0;
}

/** What a draft extends is known to the running installation alone. */
async function lintedHere(text: string): Promise<LintAnswer> {
  const report = await lintDraft({ text }, { known: {}, bases: { hashes: [], load: async () => undefined } });
  const isOnBase = report.errors.some(({ code }) => code === "UNKNOWN_BASE");
  if (isOnBase)
    throw new Error("It extends a stored revision, which only the running installation knows: add --running.");
  return report;
}

interface Shown {
  file: string;
  text: string;
  hints: boolean;
}

/** Each finding with its line as it stands in the file, errors first. */
export function reportLines(report: LintAnswer, { file, text, hints }: Shown): string[] {
  const lines = text.split("\n");
  const block = (word: string) => (finding: LintFinding) => [...findingLines(finding, { file, lines, word }), ""];
  return [
    ...report.errors.flatMap(block(red("error"))),
    ...report.warnings.flatMap(block(yellow("warning"))),
    ...(hints ? report.hints.flatMap(block(dim("hint"))) : []),
    verdict(report, hints),
  ];
}

const LINE_CHARACTERS_MAX = 160;
const TEXT_FROM = 7;
function findingLines(
  finding: LintFinding,
  { file, lines, word }: { file: string; lines: string[]; word: string },
): string[] {
  const { path, code, message, line, column } = finding;
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const head = `${bold(place)} ${word} ${message}`;
  const about = dim(`${" ".repeat(TEXT_FROM)}${[path, code].filter((part) => part !== "").join("  ")}`);
  const source = line === undefined ? undefined : lines[line - 1];
  if (source === undefined || line === undefined) return [head, about];
  const [cut, at] = [source.slice(0, LINE_CHARACTERS_MAX), Math.min(column ?? 1, LINE_CHARACTERS_MAX) - 1];
  return [head, `${dim(`${String(line).padStart(4)} | `)}${cut}`, `${" ".repeat(TEXT_FROM + at)}${red("^")}`, about];
}

function verdict({ passed, errors, warnings, hints, hash, bundle_id, rev }: LintAnswer, shown: boolean): string {
  const counts = [
    counted(errors.length, "error"),
    counted(warnings.length, "warning"),
    `${counted(hints.length, "hint")}${hints.length > 0 && !shown ? " (--hints)" : ""}`,
  ].join(", ");
  if (!passed) return `${red("●")} ${counts}`;
  return `${(warnings.length > 0 ? yellow : green)("●")} ${bold(`${bundle_id}@${rev}`)} lints: ${counts}  ${dim(hash ?? "")}`;
}

const counted = (count: number, word: string): string =>
  `${count === 0 ? "no" : count} ${word}${count === 1 ? "" : "s"}`;

export const command: Command = { usage, run };
