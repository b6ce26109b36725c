/** Which revision every replica of every service runs, asked of each at the moment it is wanted. */
import type { Log, Peers, Principal } from "../../shared/kit/service.ts";

export interface RevisionRun {
  service: string;
  replica: string;
  answered: boolean;
  rev: number;
  canary_rev?: number;
  promotion_id?: string;
  refused_rev?: number;
  error?: string;
}
interface Told {
  config_rev: number;
  config_canary_rev?: number;
  config_promotion_id?: string;
  config_refused?: { rev: number; error: string };
}

/** These hold no revision: they keep or watch it, or ask for it each time. */
const WITHOUT_CONFIG = ["s09", "s10", "s11", "s12"];
const NOBODY: Principal = { kind: "service", id: "s11", role: "viewer" };

export async function revisionsRun({ peers, log }: { peers: Peers; log: Log }): Promise<RevisionRun[]> {
  const replicas = peers.services
    .filter(({ id }) => !WITHOUT_CONFIG.includes(id))
    .flatMap((service) => Array.from({ length: peers.replicas(service.id) }, (_, replica) => ({ service, replica })));
  return Promise.all(
    replicas.map(async ({ service, replica }) => {
      const named = { service: service.id, replica: String(replica + 1) };
      try {
        const response = await peers.fetch(service.id, new Request("http://peer/health"), NOBODY, replica);
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return { ...named, answered: true, ...runOf((await response.json()) as Told) };
      } catch (error) {
        log.debug("a service did not tell its revision", { callee: service.id, error: String(error) });
        return { ...named, answered: false, rev: 0 };
      }
    }),
  );
}

const runOf = ({ config_rev, config_canary_rev, config_promotion_id, config_refused }: Told) => ({
  rev: config_rev,
  ...(config_canary_rev !== undefined && { canary_rev: config_canary_rev }),
  ...(config_promotion_id !== undefined && { promotion_id: config_promotion_id }),
  ...(config_refused && { refused_rev: config_refused.rev, error: config_refused.error }),
});
