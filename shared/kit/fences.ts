/** What a callee knows of its callers' leases: whoever comes by an older one than has been seen was passed, and is refused. */
import { refuse } from "../errors.ts";
import type { Lock } from "./ports.ts";
import type { Principal } from "./service.ts";
import type { HeldLease } from "./world.ts";

/** Carries the lease's name and fence: `lease:s04:2;17`. */
export const LEASE_HEADER = "chimera-lease";
const FORM = /^(lease:(s\d\d):\d{1,3});(\d{1,16})$/;

export type Claim = Pick<HeldLease, "name" | "fence">;

export const leaseName = (service: string, shard: number): string => `lease:${service}:${shard}`;
export const claimText = ({ name, fence }: Claim): string => `${name};${fence}`;

/** The claim that a service makes for itself; anybody else's is none of our business. */
export function readClaim(text: string | null, principal: Principal): Claim | undefined {
  if (text === null || principal.kind !== "service") return undefined;
  const [, name, service, fence] = FORM.exec(text) ?? [];
  if (name === undefined) refuse("INVALID", `${LEASE_HEADER} is a lease's name and fence: lease:s04:2;17.`);
  if (service !== principal.id) refuse("FORBIDDEN", `${principal.id} answers by no lease of ${service}.`);
  return { name, fence: Number(fence) };
}

export interface Fences {
  /** Throws Problem FENCED when a newer holder of the same lease is known. */
  check(claim: Claim): Promise<void> | void;
}

export function createFences(lock: Pick<Lock, "newest">): Fences {
  const newest = new Map<string, number>();

  function compare({ name, fence }: Claim, known: number): void {
    if (fence < known) refuse("FENCED", `${name} was passed on: its fence is ${known}, the caller's ${fence}.`);
    if (fence > (newest.get(name) ?? 0)) newest.set(name, fence);
  }
  /** Since we started nobody has come by it: who gives the leases knows who has had it meanwhile. */
  async function firstSight(claim: Claim): Promise<void> {
    // While it cannot be asked, nobody gets a new lease either; it is asked again once somebody comes with a newer one.
    const given = await lock.newest(claim.name).catch(() => 0);
    compare(claim, Math.max(given, newest.get(claim.name) ?? 0));
  }
  return {
    check(claim) {
      const known = newest.get(claim.name);
      return known === undefined ? firstSight(claim) : compare(claim, known);
    },
  };
}
