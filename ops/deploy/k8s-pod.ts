/** The pod of a unit: its probes, what it may take and do, and how it is ended. */
import { type Labels, selectorOf } from "./k8s-objects.ts";
import type { Size, Unit } from "./units.ts";

/** Replaced by the overlays' `images`. */
export const IMAGE = "chimera";
/** Not root: the one that the image is made for. */
const USER = 1_000;

/** What the namespace's `restricted` level demands, said by every pod itself. */
export const POD_SECURITY = {
  runAsNonRoot: true,
  ...{ runAsUser: USER, runAsGroup: USER, fsGroup: USER },
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
} as const;
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  privileged: false,
  capabilities: { drop: ["ALL"] },
} as const;

/** Requests in hand end, the outbox is told and the lease is given back well within it; then it is killed. */
export const END_SECONDS = 60;
/** How long the ingress controller takes to hear that a pod goes; callers within need no such time. */
export const FAREWELL_SECONDS = 5;
/** A lease's term: whoever comes up and dies within it takes no roll-out further. */
export const SETTLED_SECONDS = 10;

/** A check of /ready has 2 s for each dependency; liveness asks none of them. */
const READY = { periodSeconds: 5, timeoutSeconds: 4, failureThreshold: 2 };
/** A process that has said nothing for a minute is started again; nothing shorter, since that gives up its leases. */
const ALIVE = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 };
/** Two minutes: a cold node pulls pages of the image and opens the stores. */
const STARTED = { periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 60 };

const at = (path: string) => ({ httpGet: { path, port: "http" } });
/** The paper exchange answers as a real one does, which has nothing but a ping. */
const PATHS = {
  venue: { alive: "/api/v3/ping", ready: "/api/v3/ping" },
  service: { alive: "/health", ready: "/ready" },
};
export function probesOf({ id }: Pick<Unit, "id">) {
  const { alive, ready } = PATHS[id === "venue" ? "venue" : "service"];
  return {
    startupProbe: { ...at(alive), ...STARTED },
    livenessProbe: { ...at(alive), ...ALIVE },
    readinessProbe: { ...at(ready), ...READY },
  };
}

/** What it is promised, and what it may take while others leave it. */
export const resourcesOf = ({ cpu, memory }: Size) => ({
  requests: { cpu: `${cpu.request}m`, memory: `${memory.request}Mi`, "ephemeral-storage": "64Mi" },
  limits: { cpu: `${cpu.limit}m`, memory: `${memory.limit}Mi`, "ephemeral-storage": "2Gi" },
});

/** On different nodes, and in different zones where there are several; one node alone is no reason not to start. */
export const spreadOf = (selector: Labels) => ({
  topologySpreadConstraints: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway" },
    labelSelector: { matchLabels: selector },
    // A roll-out's new pods are spread among themselves.
    matchLabelKeys: ["pod-template-hash"],
  })),
});

/** What is written outside of the stores: logs' overflow and unpacked web pages, gone with the pod. */
export const SCRATCH = {
  mounts: [
    { name: "data", mountPath: "/data" },
    { name: "tmp", mountPath: "/tmp" },
  ],
  volumes: [
    { name: "data", emptyDir: { sizeLimit: "1Gi" } },
    { name: "tmp", emptyDir: { sizeLimit: "512Mi" } },
  ],
};

export const isService = ({ id }: Unit): boolean => id !== "venue";
export const podSelector = (unit: Pick<Unit, "name">) => ({ matchLabels: selectorOf(unit.name) });
