/** `hypothesis`: statements that experiments can refute, put on record before they are looked at. */
import type { Hypothesis } from "../../shared/domain/experiment.ts";
import { moment, number } from "../../shared/report/figures.ts";
import type { Command } from "./command.ts";
import { count } from "./data-library.ts";
import { designOf, readDocument } from "./design-file.ts";
import { DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { askService } from "./service-asking.ts";
import { bold, dim, green, note, print, red, yellow } from "./terminal.ts";

const LIST_MAX = 1_000;

const usage = `Usage: ./chimera hypothesis record FILE
       ./chimera hypothesis list [--family NAME] [--limit 20]
       ./chimera hypothesis show ID

A hypothesis does not change once it is on record. ./chimera experiment run --hypothesis ID tests it; all trials ever
run for it count, and p-values are adjusted over its family, so that of many tried few are confirmed by luck.

  record   from a file, YAML or JSON: hypothesis_id, title, statement, family, design (as of ./chimera experiment)
  list     newest first, with what experiments say of them
  show     one

  --data DIR   of the running installation (${DEFAULT_DATA})
  --json       the answer as it is`;

const OPTIONS = {
  family: { type: "string" },
  limit: { type: "string" },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, word, ...more] = positionals;
  const extra = what === "list" ? word : more[0];
  if (extra !== undefined) throw new Error(`${JSON.stringify(extra)} is too much. --help tells what there is.`);
  if (what === "list") return list(values);
  if (what !== "record" && what !== "show") throw new Error("Say what to do: record, list or show. --help tells more.");
  if (word === undefined) throw new Error(`Name it: ./chimera hypothesis ${what} ${what === "show" ? "ID" : "FILE"}`);
  const path = "/hypotheses";
  const hypothesis =
    what === "record"
      ? await ask<Hypothesis>(values, path, recordOf(word))
      : await ask<Hypothesis>(values, `${path}/${encodeURIComponent(word)}`);
  if (values.json) print(JSON.stringify(hypothesis));
  else for (const line of linesOf(hypothesis)) print(line);
  return 0;
}

const ask = <T>({ data }: Values, path: string, body?: object): Promise<T> =>
  askService({
    ...{ data, service: "s09", path, method: body ? "POST" : "GET", role: body ? "researcher" : "viewer" },
    ...(body && { body }),
  });

/** What the service is asked to record. */
export function recordOf(file: string): object {
  const document = readDocument(file);
  const { design } = document;
  const isDesign = typeof design === "object" && design !== null;
  return { ...document, ...(isDesign && { design: designOf(design as Record<string, unknown>, file) }) };
}

async function list(values: Values): Promise<number> {
  const limit = Math.floor(numberOption("limit", values.limit, { fallback: 20, min: 1, max: LIST_MAX }));
  const query = new URLSearchParams({
    limit: String(limit),
    ...(values.family !== undefined && { family: values.family }),
  });
  const { items } = await ask<{ items: Hypothesis[] }>(values, `/hypotheses?${query}`);
  if (values.json) print(JSON.stringify(items));
  else if (items.length === 0) note("No hypothesis is on record. ./chimera hypothesis --help tells how to record one.");
  else for (const line of items.flatMap((one) => linesOf(one).slice(0, 2))) print(line);
  return 0;
}

const LIGHTS = { CONFIRMED: green, REFUTED: red, OPEN: yellow, UNDECIDED: yellow } as const;

export function linesOf(hypothesis: Hypothesis): string[] {
  const { hypothesis_id, title, statement, family, status, p_value, adjusted_p, trials, experiments } = hypothesis;
  const p =
    p_value === null
      ? "not tested"
      : `p ${number(p_value, 3)}${adjusted_p === null ? "" : `, adjusted ${number(adjusted_p, 3)}`}`;
  return [
    `${LIGHTS[status]("●")} ${bold(hypothesis_id)}  ${title}  ${dim(`${status}, ${p}`)}`,
    dim(
      `  family ${family} · ${count(trials)} trials · ${moment(hypothesis.created_at).slice(0, 16)} UTC · ${hypothesis.author}`,
    ),
    `  ${statement}`,
    ...experiments.map((id) => dim(`  ./chimera experiment show ${id}`)),
  ];
}

export const command: Command = { usage, run };
