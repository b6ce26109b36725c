/** `reconcile`: our books against the exchange's, now; what differs, and what was done about it. */
import type { Reconciliation } from "../../shared/streams.ts";
import type { Command } from "./command.ts";
import { choiceOption, DEFAULT_DATA, numberOption, readOptions } from "./options.ts";
import { answerTo, type Refusal } from "./service-asking.ts";
import { bold, dim, fail, green, note, print, red, yellow } from "./terminal.ts";

const MODES = ["ALL", "ORDERS", "POSITIONS", "HOLDINGS"] as const;
const POLICIES = ["CONSERVATIVE", "RECLAIM_IF_SAFE"] as const;

const usage = `Usage: ./chimera reconcile [--dry-run] [--mode ${MODES.join("|")}] [--orphans ${POLICIES.join("|")}]
                           [--hours N] [--data DIR] [--json]

Compares our books with the exchange's, and has what differs repaired.

  --dry-run   only say what differs and what would be done
  --mode      what to compare (ALL)
  --orphans   what becomes of positions that nobody can explain: reduced (CONSERVATIVE), or kept and protected where the
              risk budget has room (RECLAIM_IF_SAFE); as the config bundle says when it is not given
  --hours     how far back fills are looked for, 1 to 168; as the config bundle says when it is not given

Exits with 0 when both sides agree, 1 when they did not or could not be compared.`;

const ASK_MS_MAX = 60_000;

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    "dry-run": { type: "boolean", default: false },
    mode: { type: "string", default: "ALL" },
    orphans: { type: "string" },
    hours: { type: "string" },
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  });
  const { orphans, hours, data } = values;
  const request = {
    mode: choiceOption("mode", values.mode, MODES),
    dry_run: values["dry-run"],
    ...(orphans === undefined ? {} : { orphan_policy: choiceOption("orphans", orphans, POLICIES) }),
    ...(hours === undefined ? {} : { time_window_h: numberOption("hours", hours, { fallback: 72, min: 1, max: 168 }) }),
  };
  const about = { data, service: "s05", role: "trader", method: "POST", path: "/reconcile" } as const;
  const answer = await answerTo<Reconciliation>({ ...about, body: request, msMax: ASK_MS_MAX });
  if (values.json) print(JSON.stringify(answer.body));
  else if (answer.ok) for (const line of report(answer.body)) print(line);
  else refused(answer.body);
  return answer.ok && answer.body.summary.agreement === 1 ? 0 : 1;
}

function refused({ title, detail }: Refusal): void {
  fail(title ?? "The reconciler refused.");
  if (detail !== undefined) note(detail);
}

/** What a run found, as lines for a terminal. */
export function report(run: Reconciliation): string[] {
  const { summary, items, dry_run, message } = run;
  const { agreement, checked_orders, checked_positions, adopted, closed, fixed } = summary;
  const light = agreement === 1 ? green("●") : yellow("●");
  // Rounded down: what does not agree in full must not look as if it did.
  const share = Math.floor(agreement * 10_000) / 100;
  const compared = `${checked_orders} orders, ${checked_positions} positions, holdings and trades compared`;
  const lines = [`${light} ${bold(`${share} %`)} agree  ${dim(`${compared} · ${run.run_id}`)}`];
  if (items.length > 0) lines.push("", ...table(items));
  const done = [`${adopted} adopted`, `${closed} closed or cancelled`, `${fixed} fixed`].join(", ");
  if (items.length > 0) lines.push("", dry_run ? "Nothing was changed: a dry run." : `${done}.`);
  if (message !== undefined) lines.push(message);
  return lines;
}

type Items = Reconciliation["items"];
const HEAD = ["what", "about", "here", "there or then", "done"];

function table(items: Items): string[] {
  const rows = items.map(({ type, ref, instrument, before, after, action }) => [
    type,
    ref === instrument ? ref : `${ref} ${instrument}`,
    before,
    after,
    action,
  ]);
  const widths = HEAD.map((head, at) => Math.max(head.length, ...rows.map((row) => (row[at] as string).length)));
  const line = (cells: readonly string[]) => cells.map((cell, at) => cell.padEnd(widths[at] as number)).join("  ");
  return [
    dim(line(HEAD).trimEnd()),
    ...items.flatMap(({ outcome, detail }, at) => [
      `${line(rows[at] as string[])} ${painted(outcome)}`,
      ...(detail === undefined ? [] : [dim(`  ${detail}`)]),
    ]),
  ];
}

function painted(outcome: Items[number]["outcome"]): string {
  const paint = { DONE: green, FAILED: red, PLANNED: yellow, SEEN: dim }[outcome];
  return paint(outcome.toLowerCase());
}

export const command: Command = { usage, run };
