/** Gives the root of a new ArangoDB cluster its password, in the name of the cluster, whose secret both know. */
import { SignJWT } from "jose";
import type { Env } from "../run/process-settings.ts";
import { withSecretFiles } from "../run/secret-files.ts";

const LIFE = "60s";
const TIMEOUT_MS = 10_000;

/** May be done again. Throws an Error where a setting is missing or the cluster does not take it. */
export async function setArangoRoot(given: Env): Promise<void> {
  const env = withSecretFiles(given);
  const { CHIMERA_ARANGO_URL: url, CHIMERA_ARANGO_JWT_SECRET: secret, CHIMERA_ARANGO_PASSWORD: passwd } = env;
  if (!url || !secret || !passwd) {
    throw new Error("CHIMERA_ARANGO_URL, CHIMERA_ARANGO_JWT_SECRET and CHIMERA_ARANGO_PASSWORD are all needed.");
  }
  const token = await new SignJWT({ server_id: "chimera" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("arangodb")
    .setIssuedAt()
    .setExpirationTime(LIFE)
    .sign(new TextEncoder().encode(secret));
  const answer = await fetch(`${url}/_api/user/root`, {
    method: "PATCH",
    headers: { authorization: `bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ passwd }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`ArangoDB answers with ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
}
