/** What compose.cluster.yaml lays over compose.yaml: stores that bear losses, and services that stand by. */
import {
  after,
  BACK,
  buildOf,
  type Container,
  hardened,
  IMAGES,
  PROFILES,
  secretPath,
  secretSource,
} from "./compose-parts.ts";
import { arangoMember, minio, redis } from "./compose-stores.ts";
import type { Unit } from "./units.ts";

const SENTINELS = ["sentinel-1", "sentinel-2", "sentinel-3"];
const REDISES = ["redis-2", "redis-3"];
const ARANGOS = ["arangodb", "arangodb-2", "arangodb-3"];
const DRIVES = ["/drive-1", "/drive-2", "/drive-3", "/drive-4"];
const REPLICAS = 2;
/** The gateway has no standby: pages and live events are not passed on. */
const ALONE = ["s12", "venue"];

const REDIS_URL = `redis-sentinel://${SENTINELS.join(",")}/chimera`;

export function cluster(units: readonly Unit[]): Container {
  const services = units.filter(({ id }) => id !== "venue");
  const replicated = services.filter(({ id }) => !ALONE.includes(id));
  const onCluster = {
    environment: {
      CHIMERA_REDIS_URL: REDIS_URL,
      CHIMERA_REDIS_SENTINEL_PASSWORD_FILE: secretPath("redis-password"),
    },
  };
  const waits = after([...SENTINELS, ...REDISES]);
  return {
    services: {
      // By their names they find each other again when addresses have changed.
      redis: { hostname: "redis" },
      ...Object.fromEntries(REDISES.map((name) => [name, follower(name, redis("replica", name))])),
      ...Object.fromEntries(SENTINELS.map((name) => [name, follower(name, redis("sentinel"))])),
      ...Object.fromEntries(ARANGOS.map((name) => [name, memberOf(name)])),
      "arangodb-root": arangoRoot,
      minio: { command: minio(DRIVES).command as string[], volumes: minio(DRIVES).volumes as string[] },
      init: {
        ...onCluster,
        depends_on: { ...waits, ...after(["arangodb-root"], "service_completed_successfully") },
      },
      ...Object.fromEntries(
        services.map((unit) => [
          unit.name,
          { ...onCluster, depends_on: waits, ...(replicated.includes(unit) && { deploy: { replicas: REPLICAS } }) },
        ]),
      ),
    },
    volumes: Object.fromEntries(
      [...REDISES, "arangodb-2", "arangodb-3", ...DRIVES.map((path) => `minio-${path.slice(-1)}`)].map((name) => [
        name,
        {},
      ]),
    ),
    secrets: { "arango-jwt": { file: secretSource("arango-jwt") } },
  };
}

const follower = (hostname: string, of: Container): Container => ({ ...of, hostname, depends_on: after(["redis"]) });

/** Of the first one only what differs: the rest is in compose.yaml. */
function memberOf(name: string): Container {
  const whole = arangoMember(name, ARANGOS);
  if (name !== ARANGOS[0]) return whole;
  const { entrypoint, command, environment, secrets } = whole;
  return { entrypoint, command, environment, secrets } as Container;
}

/** A cluster begins with a root that has no password: it is given its own, in the name of the cluster itself. */
const arangoRoot: Container = {
  ...{ image: IMAGES.chimera, build: buildOf("chimera"), profiles: PROFILES, command: ["arango-root"] },
  ...hardened({ size: { cpu: { request: 100, limit: 500 }, memory: { request: 64, limit: 256 } } }),
  restart: "on-failure:5",
  environment: {
    CHIMERA_ARANGO_URL: "http://arangodb:8529",
    CHIMERA_ARANGO_JWT_SECRET_FILE: secretPath("arango-jwt"),
    CHIMERA_ARANGO_PASSWORD_FILE: secretPath("arango-password"),
  },
  secrets: ["arango-jwt", "arango-password"],
  networks: [BACK],
  depends_on: after(ARANGOS),
  healthcheck: { disable: true },
};
