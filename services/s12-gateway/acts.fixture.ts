/** For tests of second persons: an installation for two, people signed in, and what they ask of each other. */
import { put } from "../../shared/changes.ts";
import { type Approval, approvals, auditLog, type User, users } from "../../shared/collections/people.ts";
import type { Role } from "../../shared/kit/service.ts";
import { ask, kept, open, running, signedIn, sim } from "./treasury.fixture.ts";

export interface Answer extends Approval {
  code: string;
  detail: string;
  status: string;
  enabled: boolean;
  answer: { username: string; one_time_password: string };
}
export const say = (asked: string, token: string, body: object = {}, key?: string) => {
  const [method, path] = asked.split(" ") as [string, string];
  return ask<Answer>([method, path], token, { body, ...(key !== undefined && { key }) });
};

/** Two of risk and two admins, of whom `ada` and `rita` ask. */
export async function openForTwo(env: Record<string, string> = {}, canCrash = false) {
  await open(env, canCrash);
  const join = (username: string, role: Role) => signedIn(username, role);
  return {
    rita: await join("rita", "risk"),
    ruth: await join("ruth", "risk"),
    ada: await join("ada", "admin"),
    abe: await join("abe", "admin"),
    tom: await join("tom", "trader"),
  };
}

/** Asks, and answers what the approver is shown. */
export async function asked(what: string, token: string, body: object = {}): Promise<Approval> {
  const { body: said } = await say(what, token, body);
  return (await kept(said.approval_id)) as Approval;
}
export const approve = ({ approval_id, hash }: Approval, token: string) =>
  say(`POST /approvals/${approval_id}/approve`, token, { hash });

let keys = 0;
/** Answered once the clock runs; never, where the gateway is killed. */
export function approving({ approval_id, hash }: Approval, token: string): Promise<Response> {
  const key = `approving-${++keys}`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  const init = { method: "POST", headers, body: JSON.stringify({ hash }) };
  const url = `http://127.0.0.1:8092/api/v1/approvals/${approval_id}/approve`;
  return sim.services.hosted.get("s12")!.fetch(new Request(url, init));
}

/** Changes a user past the gateway, as another of its processes would. */
export async function change(username: string, by: Partial<User>): Promise<void> {
  const user = await userOf(username);
  await sim.world.store("s12").commit([put(users, { ...(user as User), ...by })]);
}
export const userOf = async (username: string) => (await sim.world.store("s12").get(users, username))?.value;
export const tamper = async (id: string, by: Partial<Approval>) =>
  sim.world.store("s12").commit([put(approvals, { ...((await kept(id)) as Approval), ...by })]);

/** Of the audit log: who did what, and what came of it. */
export async function said(ref: string): Promise<string[]> {
  await sim.advance(2_000);
  const log = (await sim.world.store("s12").query(auditLog, { limit: 1_000 })).items.map(({ value }) => value);
  return log.filter((entry) => entry.ref === ref).map(({ actor, what, outcome }) => `${actor} ${what}: ${outcome}`);
}
/** Who else allowed what: each `what` of the audit log with whose word it had, if any. */
export async function words(whats: readonly string[]): Promise<(string | undefined)[]> {
  await sim.advance(2_000);
  const log = (await sim.world.store("s12").query(auditLog, { limit: 1_000 })).items.map(({ value }) => value);
  return whats.map((what) => log.findLast((entry) => entry.what === what)?.second);
}
/** Drafts a revision that can be activated; answers its number and the bundle it is of. */
export async function drafted(token: string): Promise<{ bundle_id: string; to_rev: number; mode: string }> {
  const { body } = await ask<{ rev: number; bundle_id: string; bundle: object }>(["GET", "/active"], token);
  const { rev, bundle_id, bundle } = body;
  await say("POST /bundles", token, { ...bundle, rev: rev + 1, rules: [] });
  return { bundle_id, to_rev: rev + 1, mode: "FULL" };
}
export const activeRev = async (token: string) => (await ask<{ rev: number }>(["GET", "/active"], token)).body.rev;
export const stop = () => running(sim.services.stop());
