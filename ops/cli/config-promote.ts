/** `config promote`: a revision comes into force, for a share of the triggers or for all, as a person asks. */
import type { PromoteAnswer } from "../../services/s10-config/promotion-types.ts";
import type { Command } from "./command.ts";
import { DATA_OPTION, DATA_USAGE, namedRevision } from "./config-source.ts";
import { watchPromotion } from "./config-watch.ts";
import type { Waiting } from "./gateway-session.ts";
import {
  isWaiting,
  PERSON_OPTIONS,
  PERSON_USAGE,
  type Session,
  signedIn,
  tellWaiting,
  WAITS,
} from "./gateway-session.ts";
import { choiceOption, numberOption, readOptions } from "./options.ts";
import { bold, dim, green, print } from "./terminal.ts";

const SHARE_MAX = 50;
const HOURS_MAX = 336;
const MODES = ["canary", "ramp", "full"] as const;
const usage = `Usage: ./chimera config promote REV [--mode canary] [--share 10] [--hours 24] [--then full]

Puts a revision in force: as a canary for a share of the triggers, as a ramp for half of them, or for all. It must pass
its gates: lint, dry-run, simulation, robustness, health. A canary or a ramp that breaches a guardrail is taken back by
itself.

  --mode canary   canary, ramp or full
  --share 10      of a canary: per cent of the triggers, 1 to ${SHARE_MAX}
  --hours 24      of a canary or a ramp: how long, 24 to ${HOURS_MAX}
  --then full     what comes by itself when it has stood to its end: hold, ramp or full
  --note TEXT     why
  --watch         follows it to its end
${DATA_USAGE}
${PERSON_USAGE}
  --json          the gateway's own answer

Exits with 0 when it has begun, with ${WAITS} when it waits for a second person.`;

const OPTIONS = {
  mode: { type: "string", default: "canary" },
  share: { type: "string" },
  hours: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: a string, which nobody awaits, and the word people say.
  then: { type: "string" },
  note: { type: "string" },
  watch: { type: "boolean", default: false },
  ...DATA_OPTION,
  ...PERSON_OPTIONS,
  json: { type: "boolean", default: false },
} as const;
type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args, OPTIONS, "some");
  const [word, more] = positionals;
  if (word === undefined || more !== undefined) throw new Error("Name one revision: ./chimera config promote REV");
  const how = howOf({ ...values, afterwards: values.then });
  mustBeOneAnswer(values);
  const { bundle_id, rev: to_rev } = await namedRevision(values.data, word);
  return signedIn(values, (session) => promote(session, { bundle_id, to_rev, ...how }, values));
}

/** Throws for both: what follows is told in lines, and a program reads one document. */
export function mustBeOneAnswer({ json, watch }: Pick<Values, "json" | "watch">): void {
  if (json && watch) throw new Error("--json is one answer: leave --watch out, and ask ./chimera config watch --json.");
}

interface How {
  mode: string;
  share?: string | undefined;
  hours?: string | undefined;
  afterwards?: string | undefined;
  note?: string | undefined;
}

/** What is asked for beside the revision. Throws for what makes no sense, before anybody signs in. */
export function howOf({ mode: word, share, hours, afterwards, note }: How) {
  const mode = choiceOption("mode", word, MODES);
  const said = [
    ["share", share],
    ["hours", hours],
    ["then", afterwards],
  ].filter(([, value]) => value !== undefined);
  if (mode === "full" && said[0])
    throw new Error(`--${said[0][0]} is of a canary or a ramp; a full promotion has none.`);
  if (mode === "ramp" && share !== undefined) {
    throw new Error(`A ramp has ${SHARE_MAX} % of the triggers: leave --share out.`);
  }
  const traffic_pct = numberOption("share", share, { fallback: 10, min: 1, max: SHARE_MAX });
  const duration_h = numberOption("hours", hours, { fallback: 24, min: 0.001, max: HOURS_MAX });
  const next = afterwards === undefined ? undefined : choiceOption("then", afterwards, ["hold", "ramp", "full"]);
  return {
    mode: mode.toUpperCase(),
    ...(mode === "canary" && { traffic_pct }),
    ...(mode !== "full" && { duration_h }),
    ...(next !== undefined && { afterwards: next.toUpperCase() }),
    ...(note !== undefined && { note }),
  };
}

/** Of promote and rollback alike. */
export async function promote(
  session: Session,
  body: object,
  values: Pick<Values, "data" | "json" | "watch">,
): Promise<number> {
  const answer = await session.post<PromoteAnswer | Waiting>("/promote", body, crypto.randomUUID());
  if (values.json) print(JSON.stringify(answer));
  if (isWaiting(answer)) {
    if (!values.json) tellWaiting(answer);
    return WAITS;
  }
  const { promotion_id, status, bundle_id, rev } = answer;
  if (!values.json) {
    print(`${green("●")} ${bold(`${bundle_id}@${rev}`)}: ${status}  ${dim(promotion_id)}`);
    if (!values.watch) print(dim(`  ./chimera config watch ${promotion_id}`));
  }
  return values.watch ? watchPromotion(values.data, promotion_id) : 0;
}

export const command: Command = { usage, run };
