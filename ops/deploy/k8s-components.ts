/** Components of one idea each that overlays choose from: fewer pods, more room, secrets from files, load. */
import { JOURNALS_FOLDER } from "../run/journals.ts";
import { exchangeSecrets, type SecretKey, secretsOf } from "./k8s-env.ts";
import { BACKUP_SECRETS, BACKUP_WATCH, clockObjects, initSecrets, restoreObjects, type Task } from "./k8s-jobs.ts";
import { COLLECTOR_URL, collectorPolicies, taskPolicy } from "./k8s-network.ts";
import { COMPONENT_HEAD, labelsOf, type Part } from "./k8s-objects.ts";
import { keepsJournal, ORDER_PATH, type Size, type Unit } from "./units.ts";

/** One pod of each service: nothing stands by, and a roll-out still adds the new one before the old one goes. */
export const singlePart = (services: readonly Unit[]): Part => ({
  kustomization: { ...COMPONENT_HEAD, replicas: services.map(({ name }) => ({ name, count: 1 })) },
  files: {},
});

/** No service runs while the stores are filled from a backup. */
export const restorePart = (services: readonly Unit[], units: readonly Unit[]): Part => ({
  kustomization: {
    ...COMPONENT_HEAD,
    resources: ["restore.yaml"],
    replicas: services.map(({ name }) => ({ name, count: 0 })),
  },
  files: { "restore.yaml": restoreObjects(units) },
});

/** More than all shards' files take, which are half a MiB each when nothing is wrong. */
const JOURNAL_ROOM = "1Gi";
/**
 * What is written aside while a store is away lies on a volume that all pods of its writer see: one that takes a shard
 * over meanwhile knows what is open, and exits go on. It has to be one that many nodes mount at once.
 */
export function journalPart(units: readonly Unit[]): Part {
  const writers = units.filter(keepsJournal);
  const claimOf = ({ name }: Unit) => `${name}-journal`;
  const patches = writers.map((unit) => ({
    target: { kind: "Deployment", name: unit.name },
    patch: JSON.stringify([
      {
        op: "add",
        path: `${POD}/volumes/-`,
        value: { name: "journal", persistentVolumeClaim: { claimName: claimOf(unit) } },
      },
      {
        ...{ op: "add", path: `${POD}/containers/0/volumeMounts/-` },
        value: { name: "journal", mountPath: `/data/${JOURNALS_FOLDER}` },
      },
    ]),
  }));
  const claims = writers.map((unit) => ({
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim" },
    metadata: { name: claimOf(unit), labels: labelsOf(unit.name, "service") },
    spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: JOURNAL_ROOM } } },
  }));
  return {
    kustomization: { ...COMPONENT_HEAD, resources: ["claim.yaml"], patches },
    files: { "claim.yaml": claims },
  };
}

/** Spans go to a collector in the cluster. */
export const tracingPart = (services: readonly Unit[]): Part => ({
  kustomization: {
    ...COMPONENT_HEAD,
    resources: ["collector.yaml"],
    configMapGenerator: [{ name: "chimera", behavior: "merge", literals: [`CHIMERA_OTLP_URL=${COLLECTOR_URL}`] }],
  },
  files: { "collector.yaml": collectorPolicies(services) },
});

/** A core of its own and all of its memory for what an order passes through, whatever else the node runs. */
export function reservedPart(services: readonly Unit[]): Part {
  const patches = services
    .filter(({ id }) => ORDER_PATH.includes(id))
    .map(({ name, size }) => ({
      target: { kind: "Deployment", name },
      patch: JSON.stringify([
        { op: "replace", path: `${REQUESTS}/cpu`, value: `${reservedOf(size).cpu}m` },
        { op: "replace", path: `${REQUESTS}/memory`, value: `${reservedOf(size).memory}Mi` },
      ]),
    }));
  return { kustomization: { ...COMPONENT_HEAD, patches }, files: {} };
}
/** Thousandths of a core, and MiB. */
export const reservedOf = ({ cpu, memory }: Size) => ({ cpu: cpu.limit / 2, memory: memory.limit });
const POD = "/spec/template/spec";
const REQUESTS = `${POD}/containers/0/resources/requests`;

/** MinIO's root is whoever holds its one key, where it runs in the cluster. */
const MINIO_ROOT = ["s3-access-key", "s3-secret-key"].map((key) => ({
  ...{ secret: "chimera-s3-root", key, variable: "", about: "MinIO's root, where it runs in the cluster" },
}));

/** Every Secret that is referred to, with what has to be in it. */
export function secretList(units: readonly Unit[]): SecretKey[] {
  const ofUnits = units.flatMap((unit) => [...secretsOf(unit), ...exchangeSecrets(unit)]);
  const named = [...ofUnits, ...initSecrets(units), ...BACKUP_SECRETS, ...BACKUP_WATCH, ...MINIO_ROOT];
  return [...new Map(named.map((each) => [`${each.secret}/${each.key}`, each])).values()];
}
/** Kinds of Secrets that are a certificate and its key. */
export const TLS_SECRETS = [
  { secret: "chimera-service-tls", keys: ["tls.crt", "tls.key", "ca.crt"], about: "What services show each other" },
  { secret: "chimera-gateway-tls", keys: ["tls.crt", "tls.key"], about: "What the ingress shows browsers" },
] as const;

/** From the files of `./chimera secrets make`, for trying out; an installation that lasts has them by other ways. */
export function secretsPart(units: readonly Unit[]): Part {
  const bySecret = Map.groupBy(
    secretList(units).filter(({ secret }) => !LIVE_ONLY.includes(secret)),
    ({ secret }) => secret,
  );
  const secretGenerator = [...bySecret].map(([name, keys]) => ({
    name,
    files: keys.map(({ key }) => `files/${key}`),
  }));
  const tls = { "tls.crt": "service-tls-cert", "tls.key": "service-tls-key", "ca.crt": "service-tls-ca" };
  secretGenerator.push({
    name: "chimera-service-tls",
    files: Object.entries(tls).map(([key, file]) => `${key}=files/${file}`),
  });
  return {
    kustomization: { ...COMPONENT_HEAD, secretGenerator, generatorOptions: { disableNameSuffixHash: true } },
    files: {},
  };
}
const LIVE_ONLY = ["chimera-s01-exchange", "chimera-backup", "chimera-backup-watch"];

/**
 * Trials of experiments go to a queue, and Jobs by the clock work them until there are none: an experiment waits for a
 * few minutes, and while there are none pods are there for half a minute in five.
 */
export function researchPart(units: readonly Unit[]): Part {
  const owner = units.find(({ id }) => id === "s09") as Unit;
  const secrets = secretsOf(owner).filter(({ secret }) => ["chimera-redis", "chimera-s3"].includes(secret));
  const task: Task = {
    ...{ name: "research-worker", component: "worker", args: ["worker", "--idle", "30"], secrets },
    size: { cpu: { request: 1_000, limit: 4_000 }, memory: { request: 1_024, limit: 6_144 } },
    endSeconds: 60,
  };
  const objects = clockObjects(task, {
    ...{ schedule: "*/5 * * * *", deadlineSeconds: 6 * 3_600, parallelism: 4 },
    reaches: taskPolicy(task, ["redis", "s3"]),
  });
  const kustomization = {
    ...COMPONENT_HEAD,
    resources: ["workers.yaml"],
    configMapGenerator: [{ name: "chimera", behavior: "merge", literals: ["CHIMERA_WORK=queue"] }],
  };
  return { kustomization, files: { "workers.yaml": objects } };
}
