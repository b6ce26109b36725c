/** People who are signed in without a password: a session of theirs in the store, refreshed once as a program would. */
import { randomBytes } from "node:crypto";
import type { Simulation } from "../../ops/sim/simulate.ts";
import { put } from "../../shared/changes.ts";
import { type Session, sessions, users } from "../../shared/collections/people.ts";
import type { Role } from "../../shared/kit/service.ts";
import { firstToken } from "./refresh-token.ts";

const LONG_MS = 1e10;
/** Tests take days of virtual time, and ask more in a moment than anybody may in a minute. */
export const PATIENT = {
  CHIMERA_S12_ACCESS_TTL_MS: String(LONG_MS),
  CHIMERA_S12_SESSION_IDLE_MS: String(LONG_MS),
  CHIMERA_S12_SESSION_TTL_MS: String(LONG_MS),
  CHIMERA_S12_REQUESTS_PER_MINUTE_MAX: "1000000",
};

/** Answers an access token of a person of that name and role. To be called while the clock runs. */
export async function signedInAs(sim: Simulation, username: string, role: Role): Promise<string> {
  const now = sim.clock.now();
  const { token: refresh_token, session_id: id, refresh_hash } = firstToken((count) => randomBytes(count));
  const person = { username, password_hash: "none", role, disabled: false, generation: 1, created_at: now };
  const until = { expires_at: now + LONG_MS, ends_at: now + LONG_MS };
  const since = { created_at: now, last_seen_at: now, confirmed_at: now };
  const session: Session = { id, username, generation: 1, refresh_hash, ...since, ...until };
  await sim.world.store("s12").commit([put(users, person), put(sessions, session)]);
  const request = new Request("http://127.0.0.1:8092/auth/refresh", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refresh_token }),
  });
  const response = await sim.services.hosted.get("s12")!.fetch(request);
  return ((await response.json()) as { access_token: string }).access_token;
}
