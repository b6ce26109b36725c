/** What runs once or by the clock: drawing up the stores before the services come, and backups. */
import { arangoOf, envFor, filesFor, type SecretKey, secretsOf } from "./k8s-env.ts";
import { type Rule, STORES, taskPolicy, toOutside } from "./k8s-network.ts";
import { labelsOf, type Manifest } from "./k8s-objects.ts";
import { CONTAINER_SECURITY, IMAGE, POD_SECURITY, resourcesOf, SCRATCH } from "./k8s-pod.ts";
import type { Size, Unit } from "./units.ts";

const TASK_SIZE: Size = { cpu: { request: 100, limit: 2_000 }, memory: { request: 256, limit: 2_048 } };
/** By then whoever wanted to read its log has read it, and the next roll-out can make it anew: a Job never changes. */
const KEPT_SECONDS = 3_600;

export interface Task {
  name: string;
  component?: "task" | "worker";
  args: readonly string[];
  secrets: readonly SecretKey[];
  size?: Size;
  /** How long it may take to end in order. */
  endSeconds?: number;
}
const metaOf = ({ name, component = "task" }: Task) => ({ name, labels: labelsOf(name, component) });

const taskPod = ({ name, args, secrets, size = TASK_SIZE, endSeconds = 30 }: Task) => {
  const { mounts, volumes } = filesFor(secrets);
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: endSeconds,
    securityContext: POD_SECURITY,
    containers: [
      {
        name: "task",
        image: IMAGE,
        imagePullPolicy: "IfNotPresent",
        args,
        ...envFor(secrets),
        resources: resourcesOf(size),
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [...SCRATCH.mounts, ...mounts],
      },
    ],
    volumes: [...SCRATCH.volumes, ...volumes],
  };
};

const accountOf = (task: Task): Manifest => ({
  ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: metaOf(task) },
  automountServiceAccountToken: false,
});

const jobSpec = (
  task: Task,
  { deadlineSeconds, parallelism = 1 }: { deadlineSeconds: number; parallelism?: number },
) => ({
  ...(parallelism > 1 && { parallelism, completions: parallelism }),
  ...{ backoffLimit: 10, activeDeadlineSeconds: deadlineSeconds, ttlSecondsAfterFinished: KEPT_SECONDS },
  template: { metadata: { labels: metaOf(task).labels }, spec: taskPod(task) },
});

interface ByClock {
  schedule: string;
  deadlineSeconds: number;
  /** Pods at once. */
  parallelism?: number;
  reaches: Manifest;
}
/** What runs by the clock, in UTC, never beside itself. */
export const clockObjects = (task: Task, { schedule, reaches, ...spec }: ByClock): Manifest[] => [
  accountOf(task),
  {
    ...{ apiVersion: "batch/v1", kind: "CronJob", metadata: metaOf(task) },
    spec: {
      ...{ schedule, timeZone: "Etc/UTC", concurrencyPolicy: "Forbid", startingDeadlineSeconds: 900 },
      ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 5 },
      jobTemplate: { spec: jobSpec(task, spec) },
    },
  },
  reaches,
];

const secret = (name: string, key: string, variable: string, about: string): SecretKey => ({
  ...{ secret: name, key, about },
  variable: `${variable}_FILE`,
});
const ARANGO_ROOT = secret(
  "chimera-arango-root",
  "arango-password",
  "CHIMERA_ARANGO_ROOT_PASSWORD",
  "ArangoDB's root, for the init Job alone: it makes the database and one user for each service",
);

/** What all services have between them: whoever holds it reads every store as its owner. */
const storeSecrets = (units: readonly Unit[]): SecretKey[] => {
  const services = units.filter(({ id }) => id !== "venue");
  const users = services.map((unit) => ({
    ...arangoOf(unit),
    variable: `CHIMERA_${unit.id.toUpperCase()}_ARANGO_PASSWORD_FILE`,
  }));
  const [first] = services;
  const ofAll = first
    ? secretsOf(first).filter(({ secret: of }) => ["chimera-s3", "chimera-redis", "chimera-installation"].includes(of))
    : [];
  return [...users, ...ofAll];
};

/** Every service's own password too, for the user that is made of it. */
export const initSecrets = (units: readonly Unit[]): SecretKey[] => [ARANGO_ROOT, ...storeSecrets(units)];

const onceObjects = (task: Task, { deadlineSeconds, reaches }: Omit<ByClock, "schedule">): Manifest[] => [
  accountOf(task),
  { ...{ apiVersion: "batch/v1", kind: "Job", metadata: metaOf(task) }, spec: jobSpec(task, { deadlineSeconds }) },
  reaches,
];

export function initObjects(units: readonly Unit[]): Manifest[] {
  const task: Task = { name: "init", args: ["init"], secrets: initSecrets(units) };
  return onceObjects(task, { deadlineSeconds: 900, reaches: taskPolicy(task, STORES) });
}

const BACKUP_KEY: SecretKey = {
  ...{ secret: "chimera-backup", key: "backup-key", variable: "CHIMERA_BACKUP_KEY_FILE" },
  about: "What backups are encrypted with, 32 bytes in hex: without it nobody reads one, so keep a copy elsewhere",
};
export const BACKUP_SECRETS: readonly SecretKey[] = [
  BACKUP_KEY,
  secret("chimera-backup", "backup-s3-access-key", "CHIMERA_BACKUP_S3_ACCESS_KEY", "The access key where backups go"),
  secret("chimera-backup", "backup-s3-secret-key", "CHIMERA_BACKUP_S3_SECRET_KEY", "And its secret"),
];

/** For S11, which tells how old the newest one is: a key that may list is enough. */
export const BACKUP_WATCH: readonly SecretKey[] = [
  secret("chimera-backup-watch", "backup-s3-access-key", "CHIMERA_BACKUP_S3_ACCESS_KEY", "A key that lists backups"),
  secret("chimera-backup-watch", "backup-s3-secret-key", "CHIMERA_BACKUP_S3_SECRET_KEY", "And its secret"),
];

/** Where backups are, by whatever address it has. */
const ELSEWHERE: Rule = { ...toOutside("notices"), ports: [{ protocol: "TCP", port: 443 }] };

/** Into stores that are empty but for what the init Job makes, while no service runs. */
export function restoreObjects(units: readonly Unit[]): Manifest[] {
  const secrets = [...storeSecrets(units), ...BACKUP_SECRETS];
  const task: Task = { name: "restore", args: ["restore", "latest", "--data", "/data/restored"], secrets };
  return onceObjects(task, { deadlineSeconds: 6 * 3_600, reaches: taskPolicy(task, STORES, [ELSEWHERE]) });
}

/** To the bucket that the settings name, which should be in another region; and those past their time are removed. */
export function backupObjects(units: readonly Unit[]): Manifest[] {
  const made: Task = { name: "backup", args: ["backup"], secrets: [...storeSecrets(units), ...BACKUP_SECRETS] };
  const pruned: Task = { name: "backup-prune", args: ["backup", "prune"], secrets: BACKUP_SECRETS };
  return [
    ...clockObjects(made, {
      ...{ schedule: "7 * * * *", deadlineSeconds: 3_000 },
      reaches: taskPolicy(made, STORES, [ELSEWHERE]),
    }),
    ...clockObjects(pruned, {
      ...{ schedule: "37 3 * * *", deadlineSeconds: 3_600 },
      reaches: taskPolicy(pruned, [], [ELSEWHERE]),
    }),
  ];
}
