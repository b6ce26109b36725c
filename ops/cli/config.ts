/** `config`: bundles as files and as revisions: checked, compared, tried on the past, rolled out, taken back. */
import type { Command } from "./command.ts";

const COMMANDS: Readonly<Record<string, { summary: string; load(): Promise<{ command: Command }> }>> = {
  lint: {
    summary: "What is wrong with a file, by line; needs nothing running",
    load: () => import("./config-lint.ts"),
  },
  diff: { summary: "What differs between two files or revisions, in words", load: () => import("./config-diff.ts") },
  schema: { summary: "The JSON Schema for editors", load: () => import("./config-schema.ts") },
  export: { summary: "A revision as a file to change", load: () => import("./config-export.ts") },
  list: { summary: "Every revision, newest first", load: () => import("./config-list.ts") },
  draft: { summary: "Store a file as a draft", load: () => import("./config-draft.ts") },
  stage: { summary: "Mark a draft as ready to be promoted", load: () => import("./config-stage.ts") },
  simulate: {
    summary: "What a bundle would have done in the past, beside what is in force",
    load: () => import("./config-simulate.ts"),
  },
  promote: { summary: "Put a revision in force, for a share or for all", load: () => import("./config-promote.ts") },
  promotions: { summary: "Every promotion, newest first", load: () => import("./config-promotions.ts") },
  watch: {
    summary: "Follow a promotion: what happened, both arms, guardrails",
    load: () => import("./config-watch.ts"),
  },
  rollback: { summary: "Bring back what was in force before", load: () => import("./config-rollback.ts") },
  abort: { summary: "End a promotion under way", load: () => import("./config-abort.ts") },
};

const usage = `Usage: ./chimera config <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join("\n")}

A revision is named by bundle_id@rev, by its number alone, or by CURRENT and CANARY, which are in force. Each command
has its --help. From a copy of the shipped bundle to a canary: docs/guide/write-a-bundle.md`;

async function run([name = "", ...rest]: string[]): Promise<number> {
  const entry = COMMANDS[name];
  if (!entry) throw new Error(`${usage}\n\nThere is no config command ${JSON.stringify(name)}.`);
  const { command } = await entry.load();
  return command.run(rest);
}

const usageOf = async ([name = ""]: string[]): Promise<string | undefined> =>
  (await COMMANDS[name]?.load())?.command.usage;

export const command: Command = { usage, usageOf, run };
