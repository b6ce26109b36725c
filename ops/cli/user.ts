/** `user`: who may sign in: made, given roles, locked out, given new passwords; and a way back in for who has none. */
import type { User } from "../../shared/collections/people.ts";
import type { Command } from "./command.ts";
import {
  isWaiting,
  PERSON_OPTIONS,
  PERSON_USAGE,
  type Session,
  signedIn,
  tellWaiting,
  WAITS,
} from "./gateway-session.ts";
import { choiceOption, DEFAULT_DATA, readOptions } from "./options.ts";
import { askSecret } from "./secret-prompt.ts";
import { bold, dim, green, print, red, yellow } from "./terminal.ts";
import { rescue } from "./user-rescue.ts";

const ROLES = ["viewer", "researcher", "trader", "risk", "admin"] as const;
const PAGE_ITEMS = 500;

const usage = `Usage: ./chimera user list
       ./chimera user add NAME --role R
       ./chimera user role NAME R
       ./chimera user disable NAME
       ./chimera user enable NAME
       ./chimera user reset NAME [--drop-second-factor]
       ./chimera user collect ID
       ./chimera user password
       ./chimera user rescue [NAME] [--data DIR]

Who may sign in. For admins, but for password, which is anybody's own. Roles: ${ROLES.join(", ")}.

  add        makes one, and prints a one-time password, once: it is good for choosing another one
  role       gives another role, which ends their sessions
  disable    locks out and ends sessions and API keys; enable lets in again
  reset      prints a new one-time password, once; --drop-second-factor for whoever has lost theirs
  collect    prints what a second person has allowed: the one-time password of an add or a reset
  password   changes your own; the new one is asked for, or taken from CHIMERA_NEW_PASSWORD
  rescue     for whoever has lost every admin's access: on this machine, with everything stopped, gives one admin a
             one-time password and forgets their second factors. It stands in the audit log

${PERSON_USAGE}
  --data DIR    the installation to rescue (default ${DEFAULT_DATA})
  --json        the gateway's own answer

Exits with 0 when it is done, with 3 when it waits for a second person, with 1 when it failed.`;

const OPTIONS = {
  ...PERSON_OPTIONS,
  role: { type: "string" },
  "drop-second-factor": { type: "boolean", default: false },
  data: { type: "string", default: DEFAULT_DATA },
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export interface UserRow {
  username: string;
  role: User["role"];
  disabled: boolean;
  must_change_password: boolean;
  second_factor: boolean;
  created_at: number;
}
type Answer = UserRow & { one_time_password?: string };
type Work = (session: Session) => Promise<number>;

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [what, name] = positionals;
  if (what === "rescue") {
    mustBeAll(positionals, 2);
    const { username, one_time_password } = await rescue(values.data, name);
    if (values.json) print(JSON.stringify({ username, one_time_password }));
    else for (const line of told({ username, one_time_password })) print(line);
    return 0;
  }
  return signedIn(values, readWork(positionals, values));
}

/** Throws for what cannot be asked, before anybody signs in. */
export function readWork(words: string[], values: Values): Work {
  const [what, name, role] = words;
  if (what === "list" || what === "password") {
    mustBeAll(words, 1);
    return what === "list" ? list(values) : changePassword(values);
  }
  if (what === "collect") {
    mustBeAll(words, 2);
    return collect(named(name, "collect ID"), values);
  }
  if (what === "role") {
    mustBeAll(words, 3);
    const path = `/users/${encodeURIComponent(named(name, "role NAME R"))}/role`;
    return change(path, { role: choiceOption("role", role ?? "", ROLES) }, values);
  }
  mustBeAll(words, 2);
  if (what === "add") {
    const username = named(name, "add NAME --role R");
    return change("/users", { username, role: choiceOption("role", values.role ?? "", ROLES) }, values, true);
  }
  if (what === "disable" || what === "enable") {
    return change(`/users/${encodeURIComponent(named(name, `${what} NAME`))}/${what}`, {}, values);
  }
  if (what === "reset") {
    const path = `/users/${encodeURIComponent(named(name, "reset NAME"))}/reset-password`;
    return change(path, { drop_second_factor: values["drop-second-factor"] }, values, true);
  }
  const given = what === undefined ? "Say what to do" : `${JSON.stringify(what)} is nothing to do`;
  throw new Error(`${given}: list, add, role, disable, enable, reset, collect, password or rescue. --help tells more.`);
}

function mustBeAll(words: readonly string[], most: number): void {
  if (words.length > most) throw new Error(`${JSON.stringify(words[most])} is too much. --help tells what there is.`);
}
function named(name: string | undefined, form: string): string {
  if (name === undefined) throw new Error(`Say whom: ./chimera user ${form}.`);
  return name;
}

/** `isSecret`: its answer holds a one-time password, which only who asked may see. */
const change =
  (path: string, body: object, { json }: Values, isSecret = false): Work =>
  async (session) => {
    const answer = await session.post<Answer>(path, body, crypto.randomUUID());
    if (json) print(JSON.stringify(answer));
    if (isWaiting(answer)) {
      if (json) return WAITS;
      tellWaiting(answer);
      if (isSecret) print(`${dim("and then, as yourself:")}\n  ./chimera user collect ${answer.approval_id}`);
      return WAITS;
    }
    if (!json) for (const line of told(answer)) print(line);
    return 0;
  };

const collect =
  (id: string, { json }: Values): Work =>
  async (session) => {
    const { answer } = await session.post<{ answer: Answer }>(`/approvals/${encodeURIComponent(id)}/collect`, {});
    if (json) print(JSON.stringify(answer));
    else for (const line of told(answer)) print(line);
    return 0;
  };

const list =
  ({ json }: Values): Work =>
  async (session) => {
    const rows: UserRow[] = [];
    let cursor: string | undefined;
    do {
      const after: string = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await session.get<{ items: UserRow[]; next_cursor?: string }>(`/users?limit=${PAGE_ITEMS}${after}`);
      rows.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    if (json) print(JSON.stringify(rows));
    else for (const line of listed(rows)) print(line);
    return 0;
  };

const changePassword =
  (values: Values): Work =>
  async (session) => {
    const given = process.env.CHIMERA_NEW_PASSWORD;
    const new_password = given ?? (await askSecret("New password: ", "set CHIMERA_NEW_PASSWORD"));
    const isSame = given !== undefined || (await askSecret("The same again: ")) === new_password;
    if (!isSame) throw new Error("Those were two different ones. Nothing was changed.");
    await session.prove((proof) => session.post("/auth/password", { ...proof, new_password }));
    if (!values.json) print(`${green("●")} The new password holds. All other sessions have ended.`);
    return 0;
  };

export function told(answer: Pick<Answer, "username" | "one_time_password"> & Partial<UserRow>): string[] {
  const { username, role, disabled, one_time_password } = answer;
  const light = disabled ? yellow("●") : green("●");
  const about = [bold(username), role, disabled ? "locked out" : undefined].filter((text) => text !== undefined);
  if (one_time_password === undefined) return [`${light} ${about.join("  ")}`];
  return [
    `${light} ${about.join("  ")}`,
    `  one-time password  ${bold(one_time_password)}  ${dim("shown this once")}`,
    dim("  Good for choosing another one: at the page, or with ./chimera user password"),
  ];
}

export function listed(rows: readonly UserRow[]): string[] {
  const width = Math.max(4, ...rows.map(({ username }) => username.length));
  return rows.map(({ username, role, ...rest }) => {
    const light = rest.disabled ? red("●") : rest.must_change_password ? yellow("●") : green("●");
    const more = [
      rest.second_factor ? "second factor" : "password alone",
      ...(rest.must_change_password ? ["one-time password"] : []),
      ...(rest.disabled ? ["locked out"] : []),
    ].join(", ");
    const since = new Date(rest.created_at).toISOString().slice(0, 10);
    return `${light} ${bold(username.padEnd(width))}  ${role.padEnd(10)}  ${dim(since)}  ${more}`;
  });
}

export const command: Command = { usage, run };
