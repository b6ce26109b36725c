/** `live`: whether entries go out in live mode, and who says so. */
import type { Command } from "./command.ts";
import { PERSON_OPTIONS, PERSON_USAGE, signIn } from "./gateway-session.ts";
import { readOptions } from "./options.ts";
import { bold, dim, green, print, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera live [status]
       ./chimera live arm --reason TEXT
       ./chimera live disarm --reason TEXT

In live mode no entry is sent before somebody has armed it. Arming tries the go-live checklist (./chimera doctor --live)
once more, and for a day after it all entries together are capped. Exits, stops and cancels need no arming.

${PERSON_USAGE}
  --json        the service's own answer

Exits with 0 when it is as asked.`;

interface LiveState {
  mode: string;
  armed?: { armed_at: number; armed_by: string; entered_usdt: string };
  capped?: { entries_usdt_max: number; until: number };
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(
    args,
    {
      reason: { type: "string" },
      ...PERSON_OPTIONS,
      json: { type: "boolean", default: false },
    },
    "some",
  );
  const [what = "status"] = positionals;
  if (!["status", "arm", "disarm"].includes(what) || positionals.length > 1) {
    throw new Error(`There is no live ${positionals.join(" ")}: status, arm or disarm.`);
  }
  const { reason } = values;
  if (what !== "status" && reason === undefined) throw new Error("Say why: --reason TEXT. It stands in the audit log.");
  const session = await signIn(values);
  try {
    const state =
      what === "status"
        ? await session.get<LiveState>("/xchg/live")
        : await session.post<LiveState | Waiting>(`/xchg/live/${what}`, { reason }, crypto.randomUUID());
    if (values.json) print(JSON.stringify(state));
    else show(state);
    return 0;
  } finally {
    // The sign-in ends by itself where the gateway has gone meanwhile.
    await session.end().catch(() => {});
  }
}

/** Where a second person must allow it first. */
interface Waiting {
  approval_id: string;
}

function show(state: LiveState | Waiting): void {
  if ("approval_id" in state) {
    print(`${yellow("●")} Waits for a second person, as risk or admin:`);
    print(`  ./chimera treasury approve ${state.approval_id}`);
  } else showLive(state);
}

function showLive({ mode, armed, capped }: LiveState): void {
  if (mode !== "live") print(`This installation is in ${bold(mode)} mode: there is nothing to arm.`);
  else if (!armed) print(`${yellow("●")} Not armed: no entry is sent.`);
  else {
    const since = new Date(armed.armed_at).toISOString();
    print(`${green("●")} ${bold("Armed")} by ${armed.armed_by} ${dim(`since ${since}`)}`);
    if (!capped) return;
    const until = new Date(capped.until).toISOString();
    print(`  Entries of ${armed.entered_usdt} of ${capped.entries_usdt_max} USDT until ${until}`);
  }
}

export const command: Command = { usage, run };
