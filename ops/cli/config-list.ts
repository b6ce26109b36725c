/** `config list`: every stored revision, newest first. */
import type { BundleRecord } from "../../shared/collections/config.ts";
import type { Command } from "./command.ts";
import { askConfig, DATA_OPTION, DATA_USAGE } from "./config-source.ts";
import { when } from "./data-library.ts";
import { numberOption, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red, yellow } from "./terminal.ts";

const LIST_MAX = 1_000;
const usage = `Usage: ./chimera config list [--bundle ID] [--status DRAFT] [--limit 20]

Revisions, newest first: DRAFT, STAGED, ACTIVE, RETIRED or ROLLED_BACK, with who made them and why.

${DATA_USAGE}
  --json       the revisions as they are, without their content`;

const OPTIONS = {
  bundle: { type: "string" },
  status: { type: "string" },
  limit: { type: "string" },
  ...DATA_OPTION,
  json: { type: "boolean", default: false },
} as const;

type Listed = Omit<BundleRecord, "bundle">;
interface InForce {
  bundle_id: string;
  rev: number;
  canary?: { rev: number; traffic_pct: number };
}

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, OPTIONS);
  const limit = Math.floor(numberOption("limit", values.limit, { fallback: 20, min: 1, max: LIST_MAX }));
  const query = new URLSearchParams({
    limit: String(limit),
    ...(values.bundle !== undefined && { bundle_id: values.bundle }),
    ...(values.status !== undefined && { status: values.status.toUpperCase() }),
  });
  const { items } = await askConfig<{ items: Listed[] }>(values.data, `/bundles?${query}`);
  if (values.json) {
    print(JSON.stringify(items));
    return 0;
  }
  const active = await askConfig<InForce>(values.data, "/active");
  for (const line of listLines(items, active)) print(line);
  if (items.length === 0) note("No revision is like that.");
  return 0;
}

const LIGHTS: Readonly<Record<Listed["status"], (text: string) => string>> = {
  ...{ DRAFT: dim, STAGED: yellow, ACTIVE: green, RETIRED: dim, ROLLED_BACK: red },
};

export function listLines(items: readonly Listed[], active: InForce): string[] {
  return items.flatMap(({ bundle_id, rev, status, author, created_at, hash, note: why }) => {
    const { canary } = active;
    const share = canary?.rev === rev ? `, in force for ${canary.traffic_pct} %` : "";
    const head = `${LIGHTS[status]("●")} ${bold(`${bundle_id}@${rev}`)}  ${status}${share}`;
    const about = dim(`  ${author} · ${when(created_at)} UTC · ${hash.slice(0, 12)}`);
    return [head, about, ...(why === undefined ? [] : [`  ${why.trim().split("\n")[0]}`])];
  });
}

export const command: Command = { usage, run };
