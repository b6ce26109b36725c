/** How sure the gateway must be of who asks, and what it answers who needs a second person first. */
import { arrivalOf } from "../../shared/kit/arrival.ts";
import type { Asking, Principal, Verb } from "../../shared/kit/service.ts";
import type { Acts, Asked } from "./acts.ts";
import type { Kept } from "./approvals.ts";
import { plainPath } from "./plain-path.ts";
import { API_PREFIX } from "./proxy.ts";
import { tokenOf } from "./session-cookie.ts";
import type { SignIn } from "./sign-in.ts";

export type Care = Verb["care"];

export function createCare({ signIn, acts }: { signIn: SignIn; acts: Pick<Acts, "ask"> }) {
  /** Throws FORBIDDEN for a program, CONFIRM for a person who has not proved for a while who they are. */
  async function heed(request: Request, care: Care): Promise<void> {
    if (care === "none") return;
    const token = tokenOf(request.headers, arrivalOf(request))?.token;
    await (care === "fresh" ? signIn.mustBeFresh(token) : signIn.mustBePerson(token));
  }

  /** Keeps the request for a second person and says so. */
  async function keep(request: Request, asked: Omit<Asked, "method" | "path" | "key">): Promise<Response> {
    const key = request.headers.get("idempotency-key") ?? undefined;
    return told(await acts.ask({ ...asked, method: request.method, path: pathOf(request), key }));
  }

  return {
    heed,
    /** Of the gateway's own verbs, before they run: what needs a second person needs a fresh proof of the first too. */
    async admits({ verb, input, principal: who, request, text }: Asking): Promise<Response | undefined> {
      const words = await verb.second?.(input as never, who);
      // By the verb itself: a path can be written in more than one way.
      await heed(request, words === undefined ? verb.care : "fresh");
      if (words === undefined || who.second !== undefined) return undefined;
      return keep(request, { text, words, who });
    },
    /** Of another service's answer: a refusal for want of a second person is kept until there is one. */
    async orKept(
      answer: Response,
      request: Request,
      { text, who }: { text: string; who: Principal },
    ): Promise<Response> {
      if (answer.status !== 403 || who.second !== undefined) return answer;
      const { code, detail } = (await answer.clone().json()) as { code?: string; detail?: string };
      if (code !== "SECOND_PERSON") return answer;
      await heed(request, "fresh");
      return keep(request, { text, words: detail ?? "", who });
    },
  };
}

/** Path and query, without the prefix. */
export function pathOf(request: Request): string {
  const { pathname: asked, search } = new URL(request.url);
  const pathname = plainPath(asked);
  return (pathname.startsWith(`${API_PREFIX}/`) ? pathname.slice(API_PREFIX.length) : pathname) + search;
}

function told({ value }: Kept): Response {
  const { approval_id, state, detail } = value;
  const isOpen = state === "PENDING" || state === "APPROVED";
  const body = { approval_id, status: state === "PENDING" ? "PENDING_APPROVAL" : state, detail };
  return Response.json(body, { status: isOpen ? 202 : 200 });
}
