/** `config promotions`: every promotion, newest first. */
import type { Command } from "./command.ts";
import { askConfig, DATA_OPTION, DATA_USAGE } from "./config-source.ts";
import { numberOption, readOptions } from "./options.ts";
import { type PromotionRow, rowLines } from "./promotion-summary.ts";
import { note, print } from "./terminal.ts";

const LIST_MAX = 1_000;
const usage = `Usage: ./chimera config promotions [--status ACTIVE] [--limit 20]

How revisions came into force, newest first, and why some were taken back. watch shows one of them whole.

${DATA_USAGE}
  --json       the promotions as they are`;

const OPTIONS = {
  status: { type: "string" },
  limit: { type: "string" },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, OPTIONS);
  const limit = Math.floor(numberOption("limit", values.limit, { fallback: 20, min: 1, max: LIST_MAX }));
  const query = new URLSearchParams({
    limit: String(limit),
    ...(values.status !== undefined && { status: values.status.toUpperCase() }),
  });
  const { items } = await askConfig<{ items: PromotionRow[] }>(values.data, `/promotions?${query}`);
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("Nothing was promoted yet. ./chimera config promote --help tells how.");
  else for (const line of items.flatMap(rowLines)) print(line);
  return 0;
}

export const command: Command = { usage, run };
