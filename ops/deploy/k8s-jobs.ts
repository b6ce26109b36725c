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
  args: readonly string[];
  secrets: readonly SecretKey[];
  size?: Size;
}

export const taskPod = ({ name, args, secrets, size = TASK_SIZE }: Task) => {
  const { mounts, volumes } = filesFor(secrets);
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: POD_SECURITY,
    containers: [
      {
        name,
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

const accountOf = (name: string): Manifest => ({
  ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, labels: labelsOf(name, "task") } },
  automountServiceAccountToken: false,
});
const templateOf = (task: Task) => ({ metadata: { labels: labelsOf(task.name, "task") }, spec: taskPod(task) });

const jobSpec = (task: Task, deadlineSeconds: number) => ({
  ...{ backoffLimit: 10, activeDeadlineSeconds: deadlineSeconds, ttlSecondsAfterFinished: KEPT_SECONDS },
  template: templateOf(task),
});

const secret = (name: string, key: string, variable: string, about: string): SecretKey => ({
  ...{ secret: name, key, about },
  variable: `${variable}_FILE`,
});
const ARANGO_ROOT = secret(
  "chimera-arango-root",
  "arango-password",
  "CHIMERA_ARANGO_PASSWORD",
  "ArangoDB's root, for the init Job alone: it makes the database and one user for each service",
);

/** Every service's own password, for the user that the init Job makes of it. */
export const initSecrets = (units: readonly Unit[]): SecretKey[] => {
  const services = units.filter(({ id }) => id !== "venue");
  const users = services.map(({ id, name }) => ({
    ...arangoOf(name),
    variable: `CHIMERA_${id.toUpperCase()}_ARANGO_PASSWORD_FILE`,
  }));
  const [first] = services;
  const ofAll = first
    ? secretsOf(first).filter(({ secret: of }) => ["chimera-s3", "chimera-installation"].includes(of))
    : [];
  return [ARANGO_ROOT, ...users, ...ofAll];
};

export function initObjects(units: readonly Unit[]): Manifest[] {
  const task: Task = { name: "init", args: ["init"], secrets: initSecrets(units) };
  return [
    accountOf(task.name),
    {
      ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name: task.name, labels: labelsOf(task.name, "task") } },
      spec: jobSpec(task, 900),
    },
    taskPolicy(task.name, STORES),
  ];
}

export const BACKUP_SECRETS: readonly SecretKey[] = [];

/** Hourly, to the bucket of another region that the settings name. */
export function backupObjects(units: readonly Unit[]): Manifest[] {
  const secrets = [...initSecrets(units), ...BACKUP_SECRETS];
  const task: Task = { name: "backup", args: ["backup"], secrets };
  const elsewhere: Rule = { ...toOutside("notices"), ports: [{ protocol: "TCP", port: 443 }] };
  return [
    accountOf(task.name),
    {
      ...{
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: task.name, labels: labelsOf(task.name, "task") },
      },
      spec: {
        ...{ schedule: "7 * * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid", startingDeadlineSeconds: 900 },
        ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 5 },
        jobTemplate: { spec: jobSpec(task, 3_000) },
      },
    },
    taskPolicy(task.name, STORES, [elsewhere]),
  ];
}
