/** The stores of compose: Redis, ArangoDB and MinIO, alone or as clusters, and what watches over all. */
import {
  ARANGO_USER,
  after,
  BACK,
  buildOf,
  type Container,
  DESK,
  hardened,
  healthy,
  IMAGES,
  PROFILES,
  secretPath,
} from "./compose-parts.ts";
import type { Size } from "./units.ts";

const size = (cpu: number, memory: number): Size => ({
  cpu: { request: cpu / 4, limit: cpu },
  memory: { request: memory / 4, limit: memory },
});
const onBack = { profiles: PROFILES, networks: [BACK] };
const REDIS_MEMORY_MB = 1_024;
/** Twice what it may hold: while its file is rewritten, what changes is there twice. */
const redisSize = size(1_000, 2 * REDIS_MEMORY_MB);

const REDIS_ASKED =
  'test "$$(REDISCLI_AUTH="$$(cat /run/secrets/redis-password)" redis-cli -p "$${REDIS_PORT:-6379}" ping)" = PONG';

export const redis = (role: "master" | "replica" | "sentinel" = "master", volume = "redis"): Container => ({
  ...{ image: IMAGES.redis, build: buildOf("redis"), ...onBack },
  ...hardened({ size: role === "sentinel" ? size(250, 128) : redisSize, pids: 64 }),
  environment: {
    ...{ REDIS_ROLE: role, REDIS_MAXMEMORY: `${REDIS_MEMORY_MB}mb` },
    ...(role !== "master" && { REDIS_MASTER: "redis" }),
    ...(role === "sentinel" && { REDIS_PORT: 26379 }),
  },
  secrets: ["redis-password"],
  ...(role !== "sentinel" && { volumes: [`${volume}:/var/lib/chimera-redis`] }),
  healthcheck: healthy(["CMD-SHELL", REDIS_ASKED]),
});

const ARANGO_ASKED = ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8529/_admin/server/availability"];
const ARANGO_SIZE = size(2_000, 4_096);
const arangoBase = (volumes: readonly string[]): Container => ({
  ...{ image: IMAGES.arangodb, ...onBack },
  ...hardened({ size: ARANGO_SIZE, user: ARANGO_USER, pids: 1_024, graceSeconds: 120 }),
  volumes,
  healthcheck: healthy(ARANGO_ASKED),
});

export const arangodb: Container = {
  ...arangoBase(["arangodb:/var/lib/arangodb3", "arangodb-apps:/var/lib/arangodb3-apps"]),
  environment: {
    ARANGO_ROOT_PASSWORD_FILE: secretPath("arango-password"),
    ARANGODB_OVERRIDE_DETECTED_TOTAL_MEMORY: `${ARANGO_SIZE.memory.limit}M`,
  },
  secrets: ["arango-password"],
};

/** One of three machines' worth: the starter runs an agent, a server of data and a coordinator in each. */
export const arangoMember = (name: string, others: readonly string[]): Container => ({
  ...arangoBase([`${name}:/var/lib/arangodb3`]),
  entrypoint: ["arangodb"],
  command: [
    "--starter.data-dir=/var/lib/arangodb3",
    `--starter.address=${name}`,
    `--starter.join=${others.join(",")}`,
    `--auth.jwt-secret=${secretPath("arango-jwt")}`,
  ],
  environment: { ARANGODB_OVERRIDE_DETECTED_TOTAL_MEMORY: `${ARANGO_SIZE.memory.limit / 3}M` },
  secrets: ["arango-jwt"],
});

const MINIO_ASKED = ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9000/minio/health/ready"];

/** `drives`: several make it spread each object over all, so that half of them may be lost. */
export const minio = (drives: readonly string[] = ["/data"]): Container => ({
  ...{ image: IMAGES.minio, build: buildOf("minio"), ...onBack },
  ...hardened({ size: size(1_000, 1_024) }),
  command: ["server", ...drives, "--address", ":9000"],
  environment: {
    MINIO_ROOT_USER_FILE: secretPath("s3-access-key"),
    MINIO_ROOT_PASSWORD_FILE: secretPath("s3-secret-key"),
    MINIO_BROWSER: "off",
  },
  secrets: ["s3-access-key", "s3-secret-key"],
  volumes: drives.map((path) => `${path === "/data" ? "minio" : `minio-${path.slice(-1)}`}:${path}`),
  healthcheck: healthy(MINIO_ASKED),
});

const asked = (url: string) => healthy(["CMD", "wget", "-q", "-O", "/dev/null", url]);
const onDesk = { profiles: PROFILES, networks: [BACK, DESK] };

export const prometheus: Container = {
  ...{ image: IMAGES.prometheus, ...onDesk },
  // Its image's own user: it is handed no secrets.
  ...hardened({ size: size(1_000, 1_024), user: "65534:65534" }),
  command: [
    "--config.file=/etc/prometheus/prometheus.yml",
    "--storage.tsdb.path=/prometheus",
    "--storage.tsdb.retention.time=30d",
  ],
  ports: ["127.0.0.1:9090:9090"],
  volumes: ["../monitoring/prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
  healthcheck: asked("http://127.0.0.1:9090/-/ready"),
};

export const grafana: Container = {
  ...{ image: IMAGES.grafana, ...onDesk },
  ...hardened({ size: size(500, 512) }),
  environment: {
    GF_SECURITY_ADMIN_PASSWORD__FILE: secretPath("grafana-password"),
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
  },
  secrets: ["grafana-password"],
  ports: ["127.0.0.1:3000:3000"],
  volumes: [
    "../monitoring/grafana/provisioning:/etc/grafana/provisioning:ro",
    "../monitoring/grafana/dashboards:/etc/grafana/dashboards:ro",
    "grafana:/var/lib/grafana",
  ],
  depends_on: after(["prometheus"]),
  healthcheck: asked("http://127.0.0.1:3000/api/health"),
};
