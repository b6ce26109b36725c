/** `config diff`: what differs between two bundles, first in words and then by document and path. */
import { type BundleChange, bundleDiff } from "../../shared/domain/bundle-diff.ts";
import { diffSummary, valueText } from "../../shared/domain/bundle-diff-words.ts";
import type { Command } from "./command.ts";
import { DATA_OPTION, DATA_USAGE, type Sourced, sourcedBundle } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera config diff A B

What leads from A to B, each a file or a revision: mine.yaml, shipped@2, 2, CURRENT, CANARY. Revisions and the order of
documents do not count: a rule that was moved is the same rule.

${DATA_USAGE}; two files need none
  --json       the changes as they are

Exits with 0, whether they differ or not.`;

const OPTIONS = { ...DATA_OPTION, json: { type: "boolean", default: false } } as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [from, to, more] = positionals;
  if (from === undefined || to === undefined || more !== undefined) {
    throw new Error("Name two, files or revisions: ./chimera config diff A B");
  }
  const [before, after] = [await sourcedBundle(values.data, from), await sourcedBundle(values.data, to)];
  const changes = bundleDiff(before.bundle, after.bundle);
  if (values.json) {
    const same = before.hash === after.hash;
    print(JSON.stringify({ from: about(before), to: about(after), same, summary: diffSummary(changes), changes }));
  } else for (const line of diffLines(before, after, changes)) print(line);
  return 0;
}

const about = ({ name, bundle_id, rev, hash }: Sourced) => ({ name, bundle_id, rev, hash });

export function diffLines(
  before: Pick<Sourced, "name" | "hash">,
  after: Pick<Sourced, "name" | "hash">,
  changes: readonly BundleChange[],
): string[] {
  const head = `${bold(before.name)} → ${bold(after.name)}  ${dim(`${before.hash.slice(0, 12)} → ${after.hash.slice(0, 12)}`)}`;
  if (before.hash === after.hash) return [head, `${green("●")} The same content.`];
  if (changes.length === 0) return [head, `${green("●")} Only the order of documents differs.`];
  return [head, ...diffSummary(changes).map((line) => `  ${line}`), ...groups(changes)];
}

/** One block for each document, in order. */
function groups(changes: readonly BundleChange[]): string[] {
  const names = [...new Set(changes.map(({ kind, id }) => `${kind} ${id}`))];
  return names.flatMap((name) => {
    const own = changes.filter(({ kind, id }) => `${kind} ${id}` === name);
    return ["", bold(name), ...own.flatMap(changeLines)];
  });
}

function changeLines({ op, path, before, after }: BundleChange): string[] {
  const at = path === "" ? "" : `${path}  `;
  if (op === "added") return [green(`  + ${at}${valueText(after)}`)];
  if (op === "removed") return [red(`  − ${at}${valueText(before)}`)];
  const short = `  ${yellow("~")} ${at}${red(valueText(before))} → ${green(valueText(after))}`;
  const isLong = valueText(before).length + valueText(after).length > LONG;
  if (!isLong) return [short];
  return [`  ${yellow("~")} ${path}`, red(`      − ${valueText(before)}`), green(`      + ${valueText(after)}`)];
}
const LONG = 90;

export const command: Command = { usage, run };
