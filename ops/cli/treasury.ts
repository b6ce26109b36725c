/** `treasury`: moving funds between the account's own wallets, asked for by one person and allowed by another. */
import type { TreasuryTransfer } from "../../shared/collections/exchange.ts";
import type { Approval } from "../../shared/collections/people.ts";
import type { Command } from "./command.ts";
import { PERSON_OPTIONS, PERSON_USAGE, type Session, signedIn } from "./gateway-session.ts";
import { choiceOption, numberOption, readOptions } from "./options.ts";
import { bold, dim, green, note, print, red, yellow } from "./terminal.ts";

const WALLETS = ["SPOT", "FUT"] as const;
const LIST_MAX = 1_000;

const usage = `Usage: ./chimera treasury transfer --from SPOT --to FUT --amount 100 --reason TEXT [--key KEY]
       ./chimera treasury list [--limit 20]
       ./chimera treasury approve ID
       ./chimera treasury refuse ID

Moves USDT between the account's own wallets. Whoever asks, another person allows it: risk or admin. Nothing can be
withdrawn.

  transfer   asks for one; with the --key of an earlier try it is the same transfer, never a second one
  list       what waits and what was decided, then what was moved, newest first
  approve    allows exactly what is shown, a transfer or whatever else needs a second person; it is then done at once
  refuse     does not allow it; what is approved and could not start yet is withdrawn

${PERSON_USAGE}
  --json        the gateway's own answer

Exits with 0 when it is done, waits as it should, or was refused as you asked; with 1 when it failed.`;

interface TransferAnswer {
  transfer_id: string;
  status: "PENDING_APPROVAL" | "OK" | "FAIL" | "UNKNOWN";
  message?: string;
}

const OPTIONS = {
  from: { type: "string" },
  to: { type: "string" },
  amount: { type: "string" },
  reason: { type: "string" },
  key: { type: "string" },
  limit: { type: "string" },
  ...PERSON_OPTIONS,
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  return signedIn(values, readWork(positionals, values));
}

type Work = (session: Session) => Promise<number>;

/** Throws for what cannot be asked, before anybody signs in. */
export function readWork([what, id, ...more]: string[], values: Values): Work {
  if (more.length > 0) throw new Error(`${JSON.stringify(more[0])} is too much. --help tells what there is.`);
  if (what === "approve" || what === "refuse") {
    if (id === undefined) throw new Error(`Name the one to ${what}: ./chimera treasury ${what} ID. list shows them.`);
    return (session) => settle(session, values, [what, id]);
  }
  if (id !== undefined) throw new Error(`${JSON.stringify(id)} is too much. --help tells what there is.`);
  if (what === "list") {
    const limit = numberOption("limit", values.limit, { fallback: 20, min: 1, max: LIST_MAX });
    return (session) => list(session, values, Math.floor(limit));
  }
  if (what === "transfer") return transferOf(values);
  const given = what === undefined ? "Say what to do" : `${JSON.stringify(what)} is nothing to do`;
  throw new Error(`${given}: transfer, list, approve or refuse. --help tells more.`);
}

function transferOf(values: Values): Work {
  const { from, to, amount, reason } = values;
  if (from === undefined || to === undefined || amount === undefined || reason === undefined) {
    throw new Error("A transfer needs --from, --to, --amount and --reason.");
  }
  const body = {
    from: choiceOption("from", from.toUpperCase(), WALLETS),
    to: choiceOption("to", to.toUpperCase(), WALLETS),
    amount_usdt: amount,
    reason,
  };
  const key = values.key ?? crypto.randomUUID();
  return async (session) => {
    let answer: TransferAnswer;
    try {
      answer = await session.post<TransferAnswer>("/treasury/transfer", body, key);
    } catch (error) {
      note(dim(`The same transfer once more: add --key ${key}`));
      throw error;
    }
    if (values.json) print(JSON.stringify(answer));
    else for (const line of told(answer)) print(line);
    return answer.status === "FAIL" ? 1 : 0;
  };
}

async function list(session: Session, { json }: Values, limit: number): Promise<number> {
  const [approvals, transfers] = await Promise.all([
    session.get<{ items: Approval[] }>(`/approvals?limit=${limit}`),
    session.get<{ items: TreasuryTransfer[] }>(`/xchg/treasury/transfers?limit=${limit}`),
  ]);
  if (json) print(JSON.stringify({ approvals: approvals.items, transfers: transfers.items }));
  else for (const line of listed(approvals.items, transfers.items)) print(line);
  return 0;
}

/** What is shown is what is decided on: its hash goes along. */
async function settle(session: Session, { json }: Values, [what, id]: ["approve" | "refuse", string]): Promise<number> {
  const path = `/approvals/${encodeURIComponent(id)}`;
  const shown = await session.get<Approval>(path);
  if (!json) print(lineOf(shown));
  const done = await session.post<Approval>(`${path}/${what}`, { hash: shown.hash }, crypto.randomUUID());
  if (json) print(JSON.stringify(done));
  else print(lineOf(done));
  return done.state === (what === "approve" ? "FAILED" : "DONE") ? 1 : 0;
}

export function told({ transfer_id, status, message }: TransferAnswer): string[] {
  const why = message === undefined ? [] : [message];
  if (status === "OK") return [`${green("●")} Moved. ${dim(transfer_id)}`, ...why];
  if (status === "FAIL") return [`${red("●")} Not moved. ${dim(transfer_id)}`, ...why];
  if (status === "UNKNOWN")
    return [`${yellow("●")} Approved, and not known yet whether it is done. ${dim(transfer_id)}`, ...why];
  return [`${yellow("●")} Waits for approval by risk or admin:`, `  ./chimera treasury approve ${transfer_id}`];
}

const LIGHTS: Record<Approval["state"] | TreasuryTransfer["state"], (text: string) => string> = {
  PENDING: yellow,
  APPROVED: yellow,
  STARTED: yellow,
  UNKNOWN: red,
  DONE: green,
  OK: green,
  REFUSED: dim,
  EXPIRED: dim,
  FAILED: red,
  FAIL: red,
};

interface Moved {
  from?: unknown;
  to?: unknown;
  amount_usdt?: unknown;
  reason?: unknown;
}
const moved = ({ from, to, amount_usdt }: Moved): string => `${amount_usdt} USDT ${from} → ${to}`;
const at = (ts: number): string => new Date(ts).toISOString().slice(0, 16).replace("T", " ");

function lineOf(approval: Approval): string {
  const { approval_id, kind, state, subject, detail, requested_by, decided_by, self_approved, outcome } = approval;
  const light = LIGHTS[state]("●");
  const who = decided_by === undefined ? "" : `, decided by ${decided_by}${self_approved ? " who asked for it" : ""}`;
  const why = outcome === undefined ? "" : dim(`  ${outcome}`);
  const what = kind === "TRANSFER" ? moved(subject) : JSON.stringify(detail ?? subject);
  const reason = kind === "TRANSFER" ? `: ${JSON.stringify(subject.reason)}` : "";
  const about = `${what}  asked by ${requested_by}${who}${reason}`;
  return `${light} ${bold(state)}  ${about}${why}  ${dim(approval_id)}`;
}

export function listed(approvals: readonly Approval[], transfers: readonly TreasuryTransfer[]): string[] {
  const asked = approvals.map((each) => `${dim(at(each.created_at))} ${lineOf(each)}`);
  const done = transfers.map((each) => {
    const { state, created_at, approved_by, tx_id, message = "" } = each;
    const light = LIGHTS[state]("●");
    const said = [tx_id === undefined ? "" : `exchange id ${tx_id}`, message].filter((text) => text !== "").join("  ");
    return `${dim(at(created_at))} ${light} ${bold(state)}  ${moved(each)}  approved by ${approved_by}  ${dim(said)}`;
  });
  return [
    bold("Asked for (UTC)"),
    ...(asked.length === 0 ? [dim("nothing yet")] : asked),
    "",
    bold("Moved (UTC)"),
    ...(done.length === 0 ? [dim("nothing yet")] : done),
  ];
}

export const command: Command = { usage, run };
