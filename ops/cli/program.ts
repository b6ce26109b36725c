/** `program`: strategies written as TypeScript programs: registered, listed, shown. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { ProgramCard } from "../../shared/domain/program.ts";
import type { Command } from "./command.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { askService } from "./service-asking.ts";
import { bold, dim, green, note, print } from "./terminal.ts";

const usage = `Usage: ./chimera program register FILE.ts [--id NAME] [--note TEXT]
       ./chimera program list
       ./chimera program show NAME HASH

A strategy as one TypeScript file: its default export has start(), which answers the first state, and decide(state,
event), which answers { state, intents } and depends on nothing else. docs/guide/write-a-program.md shows one.

  register   has it tried and kept, and prints the lines by which a bundle's strategy uses it
  list       what is registered, newest first
  show       its source

  --id NAME    what bundles call it (the file's name)
  --data DIR   of the running installation (${DEFAULT_DATA})
  --json       the answer as it is`;

const OPTIONS = {
  id: { type: "string" },
  note: { type: "string" },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, ...words] = positionals;
  const wanted = { register: 1, list: 0, show: 2 }[what ?? ""];
  if (wanted === undefined) throw new Error("Say what to do: register, list or show. --help tells more.");
  if (words.length !== wanted) throw new Error(`program ${what} takes ${wanted} words. --help tells which.`);
  if (what === "register") return register(words[0] as string, values);
  return what === "list" ? list(values) : show(words as [string, string], values);
}

const at = ({ data }: Values, path: string) => ({
  data,
  service: "s10",
  method: "GET" as const,
  role: "viewer" as const,
  path,
});

async function register(file: string, values: Values): Promise<number> {
  const body = {
    program_id: values.id ?? basename(file).replace(/\.ts$/, ""),
    source: readFileSync(file, "utf8"),
    ...(values.note !== undefined && { note: values.note }),
  };
  const card = await askService<ProgramCard>({ ...at(values, "/programs"), method: "POST", role: "risk", body });
  if (values.json) print(JSON.stringify(card));
  else {
    print(`${green("●")} ${bold(card.program_id)} is registered. In a bundle, a strategy uses it by:\n`);
    print(`    program: { program_id: ${card.program_id}, hash: ${card.hash} }\n`);
    print(dim("  in place of long, short and model."));
  }
  return 0;
}

async function list(values: Values): Promise<number> {
  const { items } = await askService<{ items: Omit<ProgramCard, "source">[] }>(at(values, "/programs?limit=1000"));
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("No program is registered. ./chimera program --help tells how.");
  for (const { program_id, hash, author, created_at, note: about } of values.json ? [] : items) {
    print(`${bold(program_id)}  ${hash}`);
    const made = new Date(created_at).toISOString().slice(0, 16).replace("T", " ");
    print(dim(`  ${[`${author}, ${made} UTC`, about].filter((part) => part !== undefined).join(" · ")}`));
  }
  return 0;
}

async function show([program_id, hash]: [string, string], values: Values): Promise<number> {
  const path = `/programs/${encodeURIComponent(program_id)}/${encodeURIComponent(hash)}`;
  const card = await askService<ProgramCard>(at(values, path));
  print(values.json ? JSON.stringify(card) : card.source.trimEnd());
  return 0;
}

export const command: Command = { usage, run };
