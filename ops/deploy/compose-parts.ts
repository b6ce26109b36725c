/** What all containers of compose have in common: whom they run as, what they may take, how they are watched. */
import pkg from "../../package.json";
import type { Size } from "./units.ts";

export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };
export type Container = { readonly [key: string]: Value };

/** What compose puts in: the variable of its own environment, or of ops/compose/.env, else the fallback. */
export const given = (variable: string, fallback: string): string => `$\{${variable}:-${fallback}}`;

/** One version each, never `latest`: the same file starts the same programs next year. */
export const IMAGES = {
  chimera: given("CHIMERA_IMAGE", `chimera:${pkg.version}`),
  redis: given("CHIMERA_REDIS_IMAGE", `chimera-redis:${pkg.version}`),
  minio: given("CHIMERA_MINIO_IMAGE", `chimera-minio:${pkg.version}`),
  tests: `chimera-tests:${pkg.version}`,
  arangodb: "arangodb:3.12.4",
  prometheus: "prom/prometheus:v3.5.0",
  grafana: "grafana/grafana:12.1.1",
} as const;

export const PROFILES = ["paper", "live"];
/** Reads the files of secrets, which belong to whoever made them. */
const USER = given("CHIMERA_UID", "1000");
export const OWN_USER = `${USER}:${given("CHIMERA_GID", "1000")}`;
/** ArangoDB's image lets group 0 write where its data lies; a group is no privilege where all capabilities are gone. */
export const ARANGO_USER = `${USER}:0`;

/** Where nobody gets out, and nobody but containers gets in. */
export const BACK = "back";
/** From this machine to what is published, and not to the world: nothing that leaves it is given an address there. */
export const DESK = "desk";
export const DESK_SUBNET = given("CHIMERA_DESK_SUBNET", "172.30.92.0/24");
export const DESK_GATEWAY = given("CHIMERA_DESK_GATEWAY", "172.30.92.1");

export interface Hardening {
  size: Size;
  user?: string;
  /** Folders in memory besides /tmp. */
  scratch?: readonly string[];
  pids?: number;
  graceSeconds?: number;
}

/** No root, no capabilities, nothing written but scratch, and an end to what it may take. */
export function hardened({ size, user = OWN_USER, scratch = [], pids = 256, graceSeconds = 30 }: Hardening): Container {
  return {
    ...{ user, read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] },
    tmpfs: ["/tmp:size=256m,mode=1777", ...scratch.map((path) => `${path}:size=256m,mode=1777`)],
    ...{ mem_limit: `${size.memory.limit}m`, mem_reservation: `${size.memory.request}m` },
    ...{ cpus: size.cpu.limit / 1_000, pids_limit: pids },
    ...{ init: true, restart: "unless-stopped", stop_grace_period: `${graceSeconds}s` },
    logging: { driver: "json-file", options: { "max-size": "20m", "max-file": "5" } },
  };
}

/** Asked often while it starts, so that whoever waits for it is not kept waiting. */
export const healthy = (test: readonly string[]): Container => ({
  ...{ test, interval: "15s", timeout: "10s", retries: 4 },
  ...{ start_period: "120s", start_interval: "2s" },
});
export const PROBE = ["CMD", "bun", "ops/compose/probe.ts"];

export const buildOf = (target: string): Container => ({
  ...{ context: "../..", dockerfile: "ops/compose/Dockerfile", target },
  args: {
    CHIMERA_GIT_COMMIT: given("CHIMERA_GIT_COMMIT", "unknown"),
    CHIMERA_BUILT_AT: given("CHIMERA_BUILT_AT", "unknown"),
  },
});

/** `condition` as compose names it; one that is of no profile in use is not waited for. */
export const after = (names: readonly string[], condition = "service_healthy", required = true): Container =>
  Object.fromEntries(names.map((name) => [name, { condition, ...(!required && { required }) }]));

export const secretSource = (name: string): string => `${given("CHIMERA_SECRETS", "./secrets")}/${name}`;
export const secretPath = (name: string): string => `/run/secrets/${name}`;
