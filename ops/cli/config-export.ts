/** `config export`: a stored revision as a file to read or to change. */
import { join } from "node:path";
import { stringify } from "yaml";
import { ROOT } from "../build.ts";
import type { Command } from "./command.ts";
import { DATA_OPTION, DATA_USAGE, namedRevision, storedBundle, writeBundleFile } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { note, print } from "./terminal.ts";

const usage = `Usage: ./chimera config export [REV] [--out FILE] [--json]

A revision whole, every default written out: CURRENT where none is named, else bundle_id@rev, a number or CANARY.

  --out FILE   writes it there; it says which schema editors check it by
  --json       as JSON
${DATA_USAGE}`;

const OPTIONS = { out: { type: "string" }, ...DATA_OPTION, json: { type: "boolean", default: false } } as const;
const LINE_CHARACTERS_MAX = 120;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [word = "CURRENT", more] = positionals;
  if (more !== undefined) throw new Error(`${JSON.stringify(more)} is too much. --help tells what there is.`);
  const { bundle_id, rev, hash, author, bundle } = await storedBundle(
    values.data,
    await namedRevision(values.data, word),
  );
  const head = [
    `# ${bundle_id}@${rev} of ${author}, content ${hash}`,
    `# yaml-language-server: $schema=${join(ROOT, "docs/reference/bundle.schema.json")}`,
  ];
  const text = values.json ? `${JSON.stringify(bundle, null, 2)}\n` : [...head, asYaml(bundle)].join("\n");
  if (values.out === undefined) print(text.trimEnd());
  else {
    writeBundleFile(values.out, text);
    note(`Wrote ${bundle_id}@${rev} to ${values.out}`);
  }
  return 0;
}

/** Conditions and other small things on one line, as people write them. */
export const asYaml = (bundle: unknown): string =>
  stringify(bundle, { lineWidth: LINE_CHARACTERS_MAX, flowCollectionPadding: true, aliasDuplicateObjects: false });

export const command: Command = { usage, run };
