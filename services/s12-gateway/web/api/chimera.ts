/** The page's way to the gateway: the typed client, with the session's cookie. */
import { createClient } from "../../../../shared/client/client.ts";
import { signedInFetch } from "./renewal.ts";

async function renewed(request: Request): Promise<Response> {
  const { url, method, headers, signal, credentials } = request;
  const body = method === "GET" ? undefined : await request.text();
  return signedInFetch(url, { method, headers, signal, credentials, body });
}

/** What is only read is asked again by the query cache, which knows whether it is still wanted. */
const TRIES_MAX = 2;

export const chimera = createClient({ fetch: renewed, renew: false, triesMax: TRIES_MAX });
