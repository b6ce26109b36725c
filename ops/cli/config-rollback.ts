/** `config rollback`: what was in force before comes back, under a new number. */
import type { BundleRecord } from "../../shared/collections/config.ts";
import type { Command } from "./command.ts";
import { mustBeOneAnswer, promote } from "./config-promote.ts";
import { askConfig, DATA_OPTION, DATA_USAGE, type Named, namedRevision } from "./config-source.ts";
import { PERSON_OPTIONS, PERSON_USAGE, signedIn } from "./gateway-session.ts";
import { readOptions } from "./options.ts";
import { dim, note } from "./terminal.ts";

const LIST_MAX = 1_000;
const usage = `Usage: ./chimera config rollback [REV] [--note TEXT]

Brings back the content of a revision that was in force before, under a new, higher number, for all at once: the newest
such with other content where none is named. It needs no second person. A canary under way is ended with abort.

  --note TEXT     why
  --watch         follows it to its end
${DATA_USAGE}
${PERSON_USAGE}
  --json          the gateway's own answer`;

const OPTIONS = {
  note: { type: "string" },
  watch: { type: "boolean", default: false },
  ...DATA_OPTION,
  ...PERSON_OPTIONS,
  json: { type: "boolean", default: false },
} as const;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [word, more] = positionals;
  if (more !== undefined) throw new Error(`${JSON.stringify(more)} is too much. --help tells what there is.`);
  mustBeOneAnswer(values);
  const { bundle_id, rev } = word === undefined ? await before(values.data) : await namedRevision(values.data, word);
  if (!values.json) note(dim(`The content of ${bundle_id}@${rev} comes back`));
  const body = { bundle_id, to_rev: rev, mode: "ROLLBACK", ...(values.note !== undefined && { note: values.note }) };
  return signedIn(values, (session) => promote(session, body, values));
}

type Listed = Pick<BundleRecord, "bundle_id" | "rev" | "status" | "hash">;

async function before(data: string): Promise<Named> {
  const [active, { items }] = await Promise.all([
    askConfig<Named & { hash: string }>(data, "/active"),
    askConfig<{ items: Listed[] }>(data, `/bundles?limit=${LIST_MAX}`),
  ]);
  return formerOf(active, items) ?? nothing();
}

/** The newest that was in force for all, stood, and says something else. */
export const formerOf = (active: Named & { hash: string }, items: readonly Listed[]): Listed | undefined =>
  items.find(({ rev, status, hash }) => status === "RETIRED" && rev < active.rev && hash !== active.hash);

function nothing(): never {
  throw new Error("Nothing else was in force before. ./chimera config list tells what there is.");
}

export const command: Command = { usage, run };
