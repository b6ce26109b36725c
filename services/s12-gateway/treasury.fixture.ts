/** For tests of transfers: an installation with a gateway for two, persons signed in, and what the venue has moved. */
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { quietMarket } from "../../ops/venue/quiet.ts";
import { type Approval, approvals } from "../../shared/collections/people.ts";
import { gateway, type Transfer } from "../../shared/contracts.ts";
import { abs, show } from "../../shared/domain/money.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { asProblem } from "../../shared/errors.ts";
import type { Role } from "../../shared/kit/service.ts";
import { PATIENT, signedInAs } from "./session.fixture.ts";

const READY_MS = 3_000;
/** How long an outcome can stay unknown with the settings of this test, and the next attempt after it. */
export const SETTLED_MS = 20_000;

export let sim: Simulation;
export const open = async (env: Record<string, string> = {}, canCrash = false) => {
  sim = await openSimulation({
    seed: "treasury",
    canCrash,
    market: async (clock) => quietMarket(defaultListings(), clock),
    env: {
      ...PATIENT,
      CHIMERA_S12_APPROVALS: "two",
      CHIMERA_S01_ABSENCE_PROVEN_MS: "2000",
      CHIMERA_S01_RECV_WINDOW_MS: "1000",
      CHIMERA_S01_CALL_TIMEOUT_MS: "1000",
      ...env,
    },
  });
  await sim.advance(READY_MS);
};
export const running = <T>(work: Promise<T>): Promise<T> => whileRunning(sim.clock, work);

/** A signed-in person of that name and role. */
export function signedIn(username: string, role: Role): Promise<string> {
  return running(signedInAs(sim, username, role));
}

let keys = 0;
export async function ask<T = Approval & { code: string; status: string; transfer_id: string }>(
  [method, path]: [string, string],
  token: string,
  { body = {}, key = `key-${++keys}` }: { body?: object; key?: string } = {},
): Promise<{ status: number; body: T }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key };
  const init = { method, headers, ...(method !== "GET" && { body: JSON.stringify(body) }) };
  const request = new Request(`http://127.0.0.1:8092/api/v1${path}`, init);
  const response = await running(sim.services.hosted.get("s12")!.fetch(request));
  return { status: response.status, body: (await response.json()) as T };
}
export const wanted = { from: "SPOT", to: "FUT", amount_usdt: "100", reason: "more margin" };
export const transferAs = (token: string, given: { body?: object; key?: string } = {}) =>
  ask(["POST", "/treasury/transfer"], token, { body: wanted, ...given });

/** What the position manager asks for, on its way through the gateway to the exchange. */
export const request = (given: Partial<Transfer> = {}): Promise<string> =>
  (
    sim.services.hosted
      .get("s12")!
      .call(
        gateway.methods.requestTransfer,
        { transfer_id: "auto-1", account: "main", ...wanted, reason: "top-up", ...given },
        { kind: "service", id: "s06", role: "admin" },
      ) as Promise<{ status: string }>
  ).then(
    ({ status }) => status,
    (error: unknown) => asProblem(error).code,
  );

/** Of the venue's own journal, movement by movement. */
export const movements = (): string[] =>
  sim.venue.exchange.state.income
    .filter(({ why }) => why?.startsWith("transfer "))
    .map(({ why, qty }) => `${why?.slice(9)} ${show(abs(qty))}`);
export const kept = async (id: string) => (await sim.world.store("s12").get(approvals, id))?.value;
