/** `config stage`: a draft that is ready to be promoted. */
import type { DraftAnswer } from "../../services/s10-config/types.ts";
import type { Command } from "./command.ts";
import { askConfig, DATA_OPTION, DATA_USAGE, namedRevision } from "./config-source.ts";
import { readOptions } from "./options.ts";
import { bold, green, print } from "./terminal.ts";

const usage = `Usage: ./chimera config stage REV

Marks a draft as ready: it is linted once more, against what exists now.

${DATA_USAGE}
  --json       the answer as it is`;

const OPTIONS = { ...DATA_OPTION, json: { type: "boolean", default: false } } as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [word, more] = positionals;
  if (word === undefined || more !== undefined) throw new Error("Name one draft: ./chimera config stage REV");
  const { bundle_id, rev } = await namedRevision(values.data, word);
  const path = `/bundles/${encodeURIComponent(bundle_id)}/stage`;
  const answer = await askConfig<DraftAnswer>(values.data, path, { body: { rev } });
  if (values.json) print(JSON.stringify(answer));
  else
    print(
      `${green("●")} ${bold(`${bundle_id}@${rev}`)} is ${answer.status}: ./chimera config promote ${rev} --mode canary`,
    );
  return 0;
}

export const command: Command = { usage, run };
