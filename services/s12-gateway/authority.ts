/** Who may have done what: care and second persons for the gateway's own verbs and for what it forwards, and approvals. */
import type { config, exchange } from "../../shared/contracts.ts";
import { createGrantSigner } from "../../shared/kit/grant.ts";
import type { Client, Context, Principal, Verb } from "../../shared/kit/service.ts";
import { createActing, presentIn } from "./acting.ts";
import { type Act, createActs, findIn } from "./acts.ts";
import type { ApiDocuments } from "./api-documents.ts";
import { createApprovals } from "./approvals.ts";
import { createApproved } from "./approved.ts";
import { createCare, pathOf } from "./care.ts";
import type { Kill } from "./kill.ts";
import { createProxy } from "./proxy.ts";
import type { SignIn } from "./sign-in.ts";
import { Treasury } from "./treasury.ts";

type Ctx = Pick<Context, "account" | "store" | "clock" | "random" | "log" | "audit" | "alert" | "peers">;
export interface AuthorityParts {
  ctx: Ctx & { calls: { exchange: Client<typeof exchange>; config: Client<typeof config> } };
  settings: { approvals: "single" | "two"; approvalTtlMs: number; grantKey?: string | undefined };
  signIn: SignIn;
  kill: Kill;
  documents: ApiDocuments;
  /** The gateway's own verbs. */
  own(): readonly Verb[];
}

export function createAuthority({ ctx, settings, signIn, kill, documents, own }: AuthorityParts) {
  const { account, store, clock, random, log, audit, alert, calls, peers } = ctx;
  const { approvals: mode, approvalTtlMs: ttlMs, grantKey } = settings;
  const approvals = createApprovals({ store, clock, mode, ttlMs, audit });
  const grants = grantKey === undefined ? undefined : createGrantSigner(grantKey, clock);
  const treasury = new Treasury({ account, clock, log, approvals, calls, grants, alert, present: presentIn(store) });
  // Whoever turned it on again meanwhile had a reason of their own.
  const bind = { setKillSwitch: () => ({ epoch: kill.current().epoch }) };
  const send = (act: Act, who: Principal, key: string) => proxy.carry(act, who, key);
  const find = findIn(own);
  const acts = createActs({ random: random.fork("acts"), approvals, alert, find, bind });
  const acting = createActing({ store, clock, log, approvals, alert, find, send });
  const care = createCare({ signIn, acts });
  const proxy = createProxy({ peers, documents, clock, random: random.fork("proxy"), self: "s12", care });
  const approved = createApproved({
    approvals,
    log,
    execute: (row) => (row.value.kind === "TRANSFER" ? treasury.execute(row) : acting.execute(row)),
  });
  /** Where the path tells it, who asks must show that it is them before what they say is looked at. */
  async function mustBeThem(request: Request, who: Principal): Promise<void> {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const verb = find({ method, path: pathOf(request) })?.verb;
    if (verb?.roles.includes(who.role)) await care.heed(request, verb.care);
  }
  /** Where one person is enough, everybody's request says so. */
  const withSecond = (who: Principal): Principal => (mode === "single" ? { ...who, second: "single" } : who);
  return {
    acting,
    approved,
    treasury,
    admits: care.admits,
    async knows(request: Request, who: Principal): Promise<Principal> {
      await mustBeThem(request, who);
      return withSecond(who);
    },
    forward: (request: Request, who: Principal) => proxy.forward(request, withSecond(who)),
  };
}
