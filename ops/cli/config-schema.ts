/** `config schema`: the JSON Schema of a bundle, for editors. */
import { bundleJsonSchema } from "../../services/s10-config/bundle-schema.ts";
import type { Command } from "./command.ts";
import { writeBundleFile } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { note, print } from "./terminal.ts";

const usage = `Usage: ./chimera config schema [--out FILE]

The JSON Schema (2020-12) of a bundle. An editor with a YAML language server completes and checks a file that begins
with this line, a path relative to the file or an absolute one:

  # yaml-language-server: $schema=docs/reference/bundle.schema.json

  --out FILE   writes it there`;

const OPTIONS = { out: { type: "string" }, json: { type: "boolean", default: false } } as const;

async function run(args: string[]): Promise<number> {
  const { out } = readOptions(args, OPTIONS).values;
  const text = `${JSON.stringify(bundleJsonSchema(), null, 2)}\n`;
  if (out === undefined) print(text.trimEnd());
  else {
    writeBundleFile(out, text);
    note(`Wrote ${out}`);
  }
  return 0;
}

export const command: Command = { usage, run };
