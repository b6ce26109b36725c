/** `config abort`: a promotion under way ends, and its share is what all others have. */
import type { Promotion } from "../../shared/domain/promotion.ts";
import type { Command } from "./command.ts";
import { askConfig, DATA_OPTION, DATA_USAGE } from "./config-source.ts";
import { underWay } from "./config-watch.ts";
import { readOptions } from "./options.ts";
import { rowLines } from "./promotion-summary.ts";
import { print } from "./terminal.ts";

const usage = `Usage: ./chimera config abort [PROMOTION] [--reason TEXT]

Ends a promotion: of a canary or a ramp the share is over at once, of one that is not held by all yet the content before
it comes back. The one under way where none is named. It asks for no password: taking risk back must not wait.

  --reason TEXT   why
${DATA_USAGE}
  --json          the promotion as it is then`;

const OPTIONS = { reason: { type: "string" }, ...DATA_OPTION, json: { type: "boolean", default: false } } as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [id, more] = positionals;
  if (more !== undefined) throw new Error(`${JSON.stringify(more)} is too much. --help tells what there is.`);
  const promotion_id = id ?? (await underWay(values.data));
  if (promotion_id === undefined)
    throw new Error("No promotion is under way. ./chimera config promotions tells of them.");
  const path = `/promotions/${encodeURIComponent(promotion_id)}/abort`;
  const body = values.reason === undefined ? {} : { reason: values.reason };
  const promotion = await askConfig<Promotion>(values.data, path, { body, role: "risk" });
  if (values.json) print(JSON.stringify(promotion));
  else for (const line of rowLines(promotion)) print(line);
  return 0;
}

export const command: Command = { usage, run };
