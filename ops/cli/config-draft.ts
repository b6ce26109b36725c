/** `config draft`: a bundle's file, stored as a draft. */
import { openBundleText } from "../../services/s10-config/bundle-text.ts";
import type { LintAnswer } from "../../services/s10-config/document-types.ts";
import type { DraftAnswer } from "../../services/s10-config/types.ts";
import type { Command } from "./command.ts";
import { reportLines } from "./config-lint.ts";
import { answerOf, askConfig, DATA_OPTION, DATA_USAGE, lintedThere, readBundleOf } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print } from "./terminal.ts";

const usage = `Usage: ./chimera config draft FILE [--rev next]

Stores a bundle as a draft, which changes nothing that is in force. It must lint against what exists, and its revision
must be above every other. The same file again is the same draft.

  --rev next   numbers it after the highest revision there is, whatever the file says; or says the number
  --note TEXT  why, in place of the file's own note
${DATA_USAGE}
  --json       the answer as it is

Exits with 1 when it does not lint.`;

const OPTIONS = {
  rev: { type: "string" },
  note: { type: "string" },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [file, more] = positionals;
  if (file === undefined || more !== undefined) throw new Error("Name one file: ./chimera config draft FILE");
  const drafted = await draftFile(file, values);
  if (!drafted) return 1;
  if (values.json) print(JSON.stringify(drafted));
  else {
    const { bundle_id, rev, status, hash, lint } = drafted;
    const warnings =
      lint.warnings.length > 0 ? `, ${lint.warnings.length} warnings: ./chimera config lint ${file}` : "";
    print(`${green("●")} ${bold(`${bundle_id}@${rev}`)} is stored: ${status}${warnings}  ${dim(hash.slice(0, 12))}`);
    print(
      dim(
        `  ./chimera config diff CURRENT ${rev} · ./chimera config simulate ${rev} · ./chimera config promote ${rev}`,
      ),
    );
  }
  return 0;
}

interface About {
  data: string;
  rev?: string | undefined;
  note?: string | undefined;
  json?: boolean;
}

/** Stored; undefined when it does not lint, of which every fault has been told by line. */
export async function draftFile(file: string, about: About): Promise<DraftAnswer | undefined> {
  const text = readBundleOf(file);
  const { value, faults } = openBundleText(text);
  const isDocument = faults.length === 0 && typeof value === "object" && value !== null;
  const document = isDocument ? await numbered(value as Record<string, unknown>, about) : undefined;
  const report = document && (await askConfig<LintAnswer>(about.data, "/config/lint", { body: { bundle: document } }));
  if (document && report?.passed) return storedDraft(document, about);
  const found = withLines(report, await lintedThere(about.data, text));
  if (about.json) print(JSON.stringify(found));
  else for (const line of reportLines(found, { file, text, hints: false })) print(line);
  return undefined;
}

/** People want lines, which the text alone has; but it knows nothing of what an option brought. */
export const withLines = (asStored: LintAnswer | undefined, asText: LintAnswer): LintAnswer =>
  asStored && asText.passed ? asStored : asText;

/** Throws with what to do where the number is taken, or below another. */
async function storedDraft(document: object, { data, rev }: About): Promise<DraftAnswer> {
  const answer = await answerOf<DraftAnswer>(data, "/bundles", { body: document });
  if (answer.ok) return answer.body;
  const { title, detail } = answer.body;
  const isNumber = /revision/i.test(detail ?? "") && rev !== "next";
  throw new Error([detail ?? title, ...(isNumber ? ["--rev next numbers it after the highest."] : [])].join(" "));
}

async function numbered(
  document: Record<string, unknown>,
  { data, rev, note }: About,
): Promise<Record<string, unknown>> {
  const next = rev === undefined ? {} : { rev: rev === "next" ? await nextRev(data) : revOption(rev) };
  return { ...document, ...next, ...(note !== undefined && { note }) };
}

function revOption(text: string): number {
  const rev = Number(text);
  if (!Number.isInteger(rev) || rev < 1)
    throw new Error(`--rev is a whole number or next, not ${JSON.stringify(text)}.`);
  return rev;
}

async function nextRev(data: string): Promise<number> {
  const { items } = await askConfig<{ items: { rev: number }[] }>(data, "/bundles?limit=1");
  return (items[0]?.rev ?? 0) + 1;
}

export const command: Command = { usage, run };
