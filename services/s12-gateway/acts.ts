/** Requests that need a second person: kept as they were asked until somebody else has decided on them. */
import type { Approval } from "../../shared/collections/people.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import { parseJson } from "../../shared/kit/body.ts";
import type { Random } from "../../shared/kit/ports.ts";
import type { Context, Principal, Verb } from "../../shared/kit/service.ts";
import { kindOf, MAY_DECIDE } from "./approval-kinds.ts";
import type { Approvals, Kept } from "./approvals.ts";

const WAITING_MAX = 20;
const ID_CHARACTERS = 32;
const ID_BYTES = 16;

/** A request as it is kept: the path without the prefix, with its query. */
export interface Act {
  method: string;
  path: string;
  body: Record<string, unknown>;
}
export interface Asked {
  method: string;
  path: string;
  /** Of the request; JSON, or nothing. */
  text: string;
  /** What would be done. */
  words: string;
  who: Principal;
  /** The request's Idempotency-Key, if it had one. */
  key: string | undefined;
}
export interface ActParts {
  random: Random;
  approvals: Approvals;
  alert: Context["alert"];
  find: FindOwn;
  /** By a verb's name: what else its request is bound to, as it is now. */
  bind: Readonly<Record<string, () => Record<string, unknown>>>;
}

type Hashed = Pick<Approval, "kind" | "subject" | "detail" | "requested_by">;
export const hashOf = ({ kind, subject, detail, requested_by }: Hashed): string =>
  canonicalHash({ kind, subject, detail, requested_by });

export function createActs({ random, approvals, alert, find, bind }: ActParts) {
  function idOf({ method, path, who, key }: Asked): string {
    if (key === undefined) return Buffer.from(random.bytes(ID_BYTES)).toString("hex");
    return digest("approval", who.id, method, path, key).slice(0, ID_CHARACTERS);
  }

  /**
   * Keeps a request until somebody else has decided on it; the same request once more is the same approval. Throws
   * FORBIDDEN for who could not do it with a second person either, CONFLICT for what is bound
   * to something else, RULE for too many at once.
   */
  async function ask(asked: Asked): Promise<Kept> {
    const { method, path, text, words: detail, who } = asked;
    const kind = kindOf(method, path.replace(/\?.*$/, ""));
    if (!mayAsk(kind, who))
      refuse("FORBIDDEN", `This needs one of: ${MAY_DECIDE[kind].join(", ")}; you are ${who.role}.`);
    const verb = find(asked)?.verb;
    const given = text === "" ? {} : (parseJson(text, "application/json") as Record<string, unknown>);
    const bound = (verb && bind[verb.name]?.()) ?? {};
    const subject = { method, path, body: { ...bound, ...given } };
    const approval_id = idOf(asked);
    const wanted = { approval_id, kind, subject, detail, requested_by: who.id };
    const hash = hashOf(wanted);
    const first = await approvals.get(approval_id);
    if (first) {
      return first.value.hash === hash
        ? first
        : refuse("KEY_REUSED", "This Idempotency-Key was used with another body.");
    }
    // Of its own choice somebody could ask for what is not yet there.
    const isOther = Object.entries(bound).some(([name, is]) => Object.hasOwn(given, name) && given[name] !== is);
    if (isOther) refuse("CONFLICT", "That is not how it stands: look at it again.");
    const waiting = await approvals.waitingFor(who.id);
    const same = asked.key === undefined ? waiting.find((row) => row.value.hash === hash) : undefined;
    if (same) return same;
    if (waiting.length >= WAITING_MAX)
      refuse("RULE", `${WAITING_MAX} requests of yours wait for a second person already.`);
    // An answer of which nothing may be kept is for nobody but who asked.
    const collect = verb?.once === "never" ? { collect: true } : {};
    const where = who.from === undefined ? {} : { requested_from: who.from };
    const row = await approvals.ask({ ...wanted, ...where, ...collect, hash }, false);
    alert("WARN", "APPROVAL_WANTED", `${who.id} asks: ${detail} (${approval_id})`, "Waits for a second person");
    return row;
  }

  return { ask };
}
export type Acts = ReturnType<typeof createActs>;

/** Who asks must be somebody whose word would count too; what is of no kind is for whom its own roles say. */
export const mayAsk = (kind: Approval["kind"], { role }: Principal): boolean =>
  kind === "ACT" || MAY_DECIDE[kind].includes(role);

/** The gateway's own verb that a request is for, and what its path names; undefined: another service's. */
export const findIn =
  (own: () => readonly Verb[]) =>
  ({ method, path }: Pick<Act, "method" | "path">): { verb: Verb; names: Record<string, string> } | undefined => {
    for (const verb of own()) {
      const names = verb.rest?.startsWith(`${method} `) ? namesIn(verb.rest.slice(method.length + 1), path) : undefined;
      if (names) return { verb, names };
    }
    return undefined;
  };
export type FindOwn = ReturnType<typeof findIn>;

const patterns = new Map<string, RegExp>();
function patternOf(own: string): RegExp {
  const kept = patterns.get(own) ?? new RegExp(`^${own.replace(/\{(\w+)\}/g, "(?<$1>[^/?]+)")}(?:\\?.*)?$`);
  patterns.set(own, kept);
  return kept;
}
function namesIn(own: string, path: string): Record<string, string> | undefined {
  const match = patternOf(own).exec(path);
  return match
    ? Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, at]) => [name, decoded(at)]))
    : undefined;
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
