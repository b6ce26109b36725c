/** What a unit is made of in the cluster: pods, their account, the names they are found by, what may end them. */
import { envOf, filesOf, PUBLIC_PORT } from "./k8s-env.ts";
import { componentOf, unitPolicy } from "./k8s-network.ts";
import { labelsOf, type Manifest, selectorOf } from "./k8s-objects.ts";
import {
  CONTAINER_SECURITY,
  END_SECONDS,
  FAREWELL_SECONDS,
  IMAGE,
  POD_SECURITY,
  podSelector,
  probesOf,
  resourcesOf,
  SCRATCH,
  SETTLED_SECONDS,
  spreadOf,
} from "./k8s-pod.ts";
import { SCALES } from "./k8s-scale.ts";
import type { Unit } from "./units.ts";

/** All objects of a service, in one file. */
export const serviceObjects = (unit: Unit, all: readonly Unit[]): Manifest[] => [
  serviceAccount(unit),
  deployment(unit),
  internalService(unit),
  ...(unit.id === "s12" ? [publicService(unit)] : []),
  disruptionBudget(unit),
  unitPolicy(unit, all),
];

const metaOf = (unit: Unit) => ({ name: unit.name, labels: labelsOf(unit.name, componentOf(unit.id)) });

/** Its own, so that what a cluster grants by account is never granted to all; no unit asks Kubernetes anything. */
export const serviceAccount = (unit: Unit): Manifest => ({
  ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: metaOf(unit) },
  automountServiceAccountToken: false,
});

const ROLLOUTS = {
  "add-first": { maxUnavailable: 0, maxSurge: 1 },
  "remove-first": { maxUnavailable: 1, maxSurge: 0 },
};

function deployment(unit: Unit): Manifest {
  const { replicas, rollout } = SCALES[unit.id];
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: metaOf(unit) },
    spec: {
      replicas,
      revisionHistoryLimit: 5,
      minReadySeconds: SETTLED_SECONDS,
      progressDeadlineSeconds: 300,
      strategy: { type: "RollingUpdate", rollingUpdate: ROLLOUTS[rollout] },
      selector: podSelector(unit),
      template: { metadata: { labels: metaOf(unit).labels }, spec: podOf(unit) },
    },
  };
}

export function podOf(
  unit: Unit,
  mounts: readonly object[] = SCRATCH.mounts,
  volumes: readonly object[] = SCRATCH.volumes,
) {
  const files = filesOf(unit);
  const [port, ...more] = unit.ports;
  const isPublic = unit.id === "s12";
  return {
    serviceAccountName: unit.name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: END_SECONDS,
    securityContext: POD_SECURITY,
    ...spreadOf(selectorOf(unit.name)),
    containers: [
      {
        name: unit.id === "venue" ? "venue" : "service",
        image: IMAGE,
        imagePullPolicy: "IfNotPresent",
        args: commandOf(unit),
        ...envOf(unit),
        ports: [
          { name: "http", containerPort: port },
          ...more.map((each, at) => ({ name: `http-${at + 2}`, containerPort: each })),
          ...(isPublic ? [{ name: "public", containerPort: PUBLIC_PORT }] : []),
        ],
        ...probesOf(unit),
        ...(isPublic && { lifecycle: { preStop: { sleep: { seconds: FAREWELL_SECONDS } } } }),
        resources: resourcesOf(unit.size),
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [...mounts, ...files.mounts],
      },
    ],
    volumes: [...volumes, ...files.volumes],
  };
}

const commandOf = ({ id, name }: Unit): string[] => (id === "venue" ? ["venue"] : ["service", name]);

/**
 * Without an address of its own: its name stands for those of all its pods, which callers choose among. Pods that are
 * not ready are named too: services meet each other to become ready, and say what is wrong when they are not.
 */
export const internalService = (unit: Unit): Manifest => ({
  ...{ apiVersion: "v1", kind: "Service", metadata: metaOf(unit) },
  spec: {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: selectorOf(unit.name),
    ports: unit.ports.map((port, at) => ({
      ...{ name: at === 0 ? "http" : `http-${at + 1}`, port, targetPort: at === 0 ? "http" : `http-${at + 1}` },
    })),
  },
});

/** What the ingress sends people to: ready pods only. */
const publicService = (unit: Unit): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "gateway", labels: labelsOf(unit.name, "service") },
  spec: {
    type: "ClusterIP",
    selector: selectorOf(unit.name),
    ports: [{ name: "https", port: 443, targetPort: "public" }],
  },
});

/** One pod at a time may leave its node, also the only one: a budget that lets none go would stop every drain. */
export const disruptionBudget = (unit: Unit): Manifest => ({
  ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: metaOf(unit) },
  spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: podSelector(unit) },
});

/** One thread does the work: a pod that is busy half of the time has no room for a burst. */
const BUSY = "500m";
/** Pods of a split service follow the load slowly: each change moves shards, and one that moves pauses its entries. */
export const autoscalers = (units: readonly Unit[]): Manifest[] =>
  units.flatMap((unit) => {
    const { replicas, loadMax } = SCALES[unit.id];
    if (loadMax === undefined) return [];
    return [
      {
        ...{ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: metaOf(unit) },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: unit.name },
          ...{ minReplicas: replicas, maxReplicas: loadMax },
          metrics: [
            {
              type: "ContainerResource",
              containerResource: {
                ...{ name: "cpu", container: "service" },
                // Not by what is promised: with `reserved` twice that is the limit, which no pod goes beyond.
                target: { type: "AverageValue", averageValue: BUSY },
              },
            },
          ],
          behavior: {
            scaleUp: { stabilizationWindowSeconds: 60, policies: [{ type: "Pods", value: 1, periodSeconds: 120 }] },
            scaleDown: {
              stabilizationWindowSeconds: 1_800,
              policies: [{ type: "Pods", value: 1, periodSeconds: 600 }],
            },
          },
        },
      },
    ];
  });
