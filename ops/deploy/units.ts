/** What is deployed: every service and the paper venue, with size, secrets and where each may connect. */
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Service } from "../../shared/kit/service.ts";
import { loadServices } from "../services.ts";

export type UnitId = ServiceId | "venue";

export interface Unit {
  id: UnitId;
  /** `s04-router`: the name of its container, Deployment and Service. */
  name: string;
  title: string;
  /** What it answers on: the venue's three are spot, futures and admin. */
  ports: readonly number[];
  /** Units whose ports it connects to; the stores and Redis are every service's. */
  reaches: readonly UnitId[];
  /** What it connects to beyond the installation: the exchange, or whatever address a notice channel has. */
  outside?: "exchange" | "notices";
  /** Secrets that it alone is handed, as variables of its environment. */
  secrets: readonly string[];
  size: Size;
}
export interface Size {
  /** Thousandths of a core: what it is promised, and what it may take. */
  cpu: { request: number; limit: number };
  /** MiB. */
  memory: { request: number; limit: number };
}

const VENUE_PORTS = [8093, 8094, 8095];

/** The router writes exits aside while its store is away; whoever takes its shards over goes on by what is written. */
export const keepsJournal = ({ id }: Pick<Unit, "id">): boolean => id === "s04";

const small: Size = { cpu: { request: 50, limit: 1_000 }, memory: { request: 160, limit: 512 } };
const onTheOrderPath: Size = { cpu: { request: 250, limit: 2_000 }, memory: { request: 256, limit: 1_024 } };
/** Backtests, recordings and the history of metrics are held in memory in parts. */
const heavy: Size = { cpu: { request: 250, limit: 2_000 }, memory: { request: 512, limit: 3_072 } };

/** Between a price and an order, or between a position and its exit. */
export const ORDER_PATH: readonly UnitId[] = ["s01", "s02", "s03", "s04", "s06"];

const SIZES: Partial<Record<UnitId, Size>> = {
  ...Object.fromEntries(ORDER_PATH.map((id) => [id, onTheOrderPath])),
  s09: heavy,
  s10: heavy,
  s11: heavy,
  venue: onTheOrderPath,
};

const SECRETS: Partial<Record<UnitId, readonly string[]>> = {
  s01: ["CHIMERA_S01_API_KEY", "CHIMERA_S01_API_SECRET", "CHIMERA_S01_API_PASSWORD"],
  s11: ["CHIMERA_S11_CHANNEL_KEY"],
  s12: ["CHIMERA_S12_GRANT_KEY", "CHIMERA_ADMIN_PASSWORD"],
  venue: ["CHIMERA_VENUE_ADMIN_TOKEN"],
};

const OUTSIDE: Partial<Record<UnitId, "exchange" | "notices">> = { s01: "exchange", s11: "notices" };

/** The services in order of their ids, then the venue. */
export async function deployedUnits(): Promise<Unit[]> {
  const services = await loadServices();
  return [...services.map((service) => unitOf(service, services)), venue];
}

function unitOf(service: Service, all: readonly Service[]): Unit {
  const { id, name, title, port } = service;
  const outside = OUTSIDE[id];
  return {
    ...{ id, name, title, ports: [port], reaches: reachedBy(service, all) },
    ...(outside && { outside }),
    secrets: SECRETS[id] ?? [],
    size: SIZES[id] ?? small,
  };
}

/** What it declares to call; the active config for all; the gateway passes on to all, and S11 scrapes all. */
function reachedBy({ id, calls }: Service, all: readonly Service[]): UnitId[] {
  const others = all.map((service) => service.id).filter((other) => other !== id);
  const isOfAll = id === "s11" || id === "s12";
  const called = isOfAll ? others : [...Object.values(calls).map((contract) => contract.id), "s10" as const];
  // Replicas of a service pass requests on to each other.
  const reached = new Set<UnitId>([id, ...called]);
  if (id === "s01") reached.add("venue");
  return [...reached].sort();
}

const venue: Unit = {
  ...{ id: "venue", name: "venue", title: "Paper exchange", ports: VENUE_PORTS, reaches: [] },
  ...{ secrets: SECRETS.venue ?? [], size: SIZES.venue ?? small },
};
