/** What compose.test.yaml is: ArangoDB and MinIO that are gone afterwards, and the suites of every adapter. */
import { after, BACK, buildOf, type Container, hardened, healthy, IMAGES, OWN_USER } from "./compose-parts.ts";
import { arangodb, minio } from "./compose-stores.ts";

/** Of servers that nobody else reaches and that are gone with the run. */
const PASSWORD = "for-tests-alone";
const FILES = [
  "shared/adapters/arango.test.ts",
  "shared/adapters/s3.test.ts",
  "shared/adapters/sqlite.test.ts",
  "shared/adapters/files.test.ts",
  "shared/adapters/redis",
];

export function composeTests(): Container {
  const { secrets: _ofArango, profiles: _profiles, volumes: _volumes, ...arango } = arangodb;
  const { secrets: _ofMinio, profiles: _its, volumes: _kept, ...objects } = minio();
  const inMemory = (path: string, of: Container) => [...(of.tmpfs as string[]), `${path}:size=1g,mode=1777`];
  return {
    name: "chimera-tests",
    services: {
      arangodb: {
        ...arango,
        tmpfs: [...inMemory("/var/lib/arangodb3", arango), "/var/lib/arangodb3-apps:size=64m,mode=1777"],
        environment: { ARANGO_ROOT_PASSWORD: PASSWORD },
      },
      minio: {
        ...objects,
        tmpfs: inMemory("/data", objects),
        environment: { MINIO_ROOT_USER: "chimera", MINIO_ROOT_PASSWORD: PASSWORD, MINIO_CI_CD: "on" },
      },
      tests: {
        ...{ image: IMAGES.tests, build: buildOf("tests") },
        ...hardened({
          size: { cpu: { request: 500, limit: 2_000 }, memory: { request: 512, limit: 4_096 } },
          user: OWN_USER,
          pids: 1_024,
        }),
        restart: "no",
        command: ["bun", "test", ...FILES],
        environment: {
          CHIMERA_TEST_ARANGO: `http://root:${PASSWORD}@arangodb:8529`,
          CHIMERA_TEST_S3: `http://chimera:${PASSWORD}@minio:9000`,
        },
        networks: [BACK],
        depends_on: after(["arangodb", "minio"]),
        healthcheck: healthy(["CMD", "true"]),
      },
    },
    networks: { [BACK]: { internal: true } },
  };
}
