/** How all services are, asked side by side and remembered for a moment. */
import type { Clock, ServiceId } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import type { ServiceState } from "./types.ts";

const REMEMBER_MS = 2_000;

type Health = Pick<ServiceState, "ready" | "config_rev" | "uptime_ms" | "checks"> & {
  status: "OK" | "DEGRADED" | "ERROR";
};

export function createStates(peers: Peers, clock: Clock, self: ServiceId) {
  let kept: { at: number; items: Promise<ServiceState[]> } | undefined;

  async function ask(service: Peers["services"][number]): Promise<ServiceState> {
    const principal: Principal = { kind: "service", id: self, role: "viewer" };
    try {
      const response = await peers.fetch(service.id, new Request("http://peer/health"), principal);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { status, ready, config_rev, uptime_ms, checks } = (await response.json()) as Health;
      return { ...service, status, ready, config_rev, uptime_ms, checks };
    } catch (error) {
      const check = { name: "answers", critical: true, status: "FAILED", error: String(error) };
      return { ...service, status: "DOWN", ready: false, config_rev: 0, uptime_ms: 0, checks: [check] };
    }
  }

  return function states(): Promise<ServiceState[]> {
    const now = clock.now();
    if (!kept || kept.at + REMEMBER_MS <= now) kept = { at: now, items: Promise.all(peers.services.map(ask)) };
    return kept.items;
  };
}
