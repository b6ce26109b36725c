/** What must hold of everything that is deployed, each as a function from objects to complaints. */
import type { Labels, Manifest } from "./k8s-objects.ts";
import {
  type Container,
  ofKind,
  type Selector,
  selects,
  specOf,
  type Volume,
  workloadsOf,
} from "./k8s-view.fixture.ts";

export type PolicyCheck = (objects: readonly Manifest[]) => string[];

const containersOf = ({
  containers,
  initContainers = [],
}: {
  containers: readonly Container[];
  initContainers?: readonly Container[];
}) => [...initContainers, ...containers];
const complain = (what: string, broken: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(broken).flatMap(([why, isBroken]) => (isBroken ? [`${what}: ${why}`] : []));

/** Kinds of volumes that are of the pod itself: nothing of the node, and nothing that grows without bounds. */
const VOLUMES = ["emptyDir", "secret", "projected", "configMap", "persistentVolumeClaim"];

/** What the level `restricted` asks for, and that nothing is written to the image's own files. */
export const restricted: PolicyCheck = (objects) =>
  workloadsOf(objects).flatMap(({ name, pod }) => {
    const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext ?? {};
    const volumes = pod.volumes ?? [];
    return [
      ...complain(name, {
        "may run as root": runAsNonRoot !== true || typeof runAsUser !== "number" || runAsUser === 0,
        "system calls are not filtered": (seccompProfile as { type?: string } | undefined)?.type !== "RuntimeDefault",
        "shares something of the node": ["hostNetwork", "hostPID", "hostIPC"].some((each) => pod[each] === true),
        "has a token of the cluster": pod.automountServiceAccountToken !== false,
        "mounts what is not its own": volumes.some((each) =>
          Object.keys(each).some((key) => key !== "name" && !VOLUMES.includes(key)),
        ),
        "a volume has no limit": volumes.some(
          ({ emptyDir }) => emptyDir && !(emptyDir as { sizeLimit?: string }).sizeLimit,
        ),
      }),
      ...containersOf(pod).flatMap((container) => containerComplaints(`${name}/${container.name}`, container)),
    ];
  });

function containerComplaints(what: string, { securityContext: context = {}, ports = [] }: Container): string[] {
  const { drop = [], add = [] } = (context.capabilities ?? {}) as { drop?: string[]; add?: string[] };
  return complain(what, {
    "may gain privileges": context.allowPrivilegeEscalation !== false || context.privileged === true,
    "its files can be written": context.readOnlyRootFilesystem !== true,
    "keeps capabilities": !drop.includes("ALL") || add.length > 0,
    "runs as root": context.runAsUser === 0 || context.runAsNonRoot === false,
    "a port of the node is taken": ports.some((port) => "hostPort" in port),
  });
}

const RESOURCES = ["cpu", "memory", "ephemeral-storage"];
export const bounded: PolicyCheck = (objects) =>
  workloadsOf(objects).flatMap(({ name, pod }) =>
    containersOf(pod).flatMap(({ resources: { requests = {}, limits = {} } = {}, name: container }) =>
      RESOURCES.flatMap((each) =>
        complain(`${name}/${container}`, {
          [`no ${each} is promised`]: requests[each] === undefined,
          [`no limit of ${each}`]: limits[each] === undefined,
          [`more ${each} is promised than allowed`]: amountOf(requests[each]) > amountOf(limits[each]),
        }),
      ),
    ),
  );

const UNITS: Readonly<Record<string, number>> = { m: 1e-3, "": 1, Mi: 2 ** 20, Gi: 2 ** 30 };
/** Of a quantity such as 250m or 2Gi. */
export function amountOf(text: string | undefined): number {
  const [, digits, unit = ""] = /^(\d+)([a-zA-Z]*)$/.exec(text ?? "0") ?? [];
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
export const probed: PolicyCheck = (objects) =>
  workloadsOf(objects)
    .filter(({ isLasting }) => isLasting)
    .flatMap(({ name, pod }) =>
      pod.containers.flatMap((container) =>
        PROBES.flatMap((probe) =>
          complain(`${name}/${container.name}`, { [`no ${probe}`]: container[probe] === undefined }),
        ),
      ),
    );

interface HttpProbe {
  httpGet?: { path: string };
  periodSeconds: number;
  failureThreshold: number;
}
/** A pod is not ended because a store is away, and a shard's holder is never ended sooner than its lease would. */
export const patient: PolicyCheck = (objects) =>
  workloadsOf(objects)
    .filter(({ labels }) => labels["app.kubernetes.io/component"] === "service")
    .flatMap(({ name, pod }) =>
      pod.containers.flatMap((container) => {
        const { httpGet, periodSeconds, failureThreshold } = container.livenessProbe as unknown as HttpProbe;
        const ready = (container.readinessProbe as unknown as HttpProbe).httpGet?.path;
        const farewell = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
        return complain(name, {
          "liveness asks for more than an answer": httpGet?.path !== "/health",
          "readiness does not ask for dependencies": ready !== "/ready",
          "is ended within a minute of silence": periodSeconds * failureThreshold < 60,
          "has no time to end in order": (pod.terminationGracePeriodSeconds ?? 30) - farewell < 45,
        });
      }),
    );

interface Rollout {
  strategy?: { type: string; rollingUpdate?: { maxUnavailable: number; maxSurge: number } };
  minReadySeconds?: number;
}
/** `alone`: those of which a second pod would be of no use. */
export const gentle =
  (alone: readonly string[]): PolicyCheck =>
  (objects) =>
    ofKind(objects, "Deployment").flatMap((object) => {
      const { name } = object.metadata;
      const { strategy, minReadySeconds = 0 } = specOf<Rollout>(object);
      const { maxUnavailable, maxSurge } = strategy?.rollingUpdate ?? {};
      const isAlone = alone.includes(name);
      return complain(name, {
        "a roll-out takes pods away before others are ready": !isAlone && (maxUnavailable !== 0 || maxSurge !== 1),
        "a roll-out would run two at once": isAlone && maxSurge !== 0,
        "a roll-out goes on before a pod has settled": minReadySeconds < 10,
      });
    });

/** Each workload its own account; none of them may ask the cluster anything. */
export const accounted: PolicyCheck = (objects) => {
  const accounts = ofKind(objects, "ServiceAccount");
  const used = workloadsOf(objects).map(({ name, pod }) => ({ name, account: pod.serviceAccountName }));
  return [
    ...used.flatMap(({ name, account }) =>
      complain(name, {
        "its account is not there": !accounts.some(({ metadata }) => metadata.name === account),
        "shares its account": used.filter((other) => other.account === account).length > 1,
      }),
    ),
    ...accounts.flatMap((account) =>
      complain(account.metadata.name, { "hands out tokens": account.automountServiceAccountToken !== false }),
    ),
    ...objects.flatMap(({ kind, metadata }) =>
      complain(metadata.name, { "grants rights in the cluster": /Role/.test(kind) }),
    ),
  ];
};

/** Whatever finds pods by labels finds those of exactly one workload. */
export const aimed: PolicyCheck = (objects) => {
  const workloads = workloadsOf(objects);
  const found = (selector: Selector) => workloads.filter(({ labels }) => selects(selector, labels)).length;
  const selectors = objects.flatMap(({ kind, metadata: { name }, spec }): [string, Selector][] => {
    const { selector, podSelector } = (spec ?? {}) as { selector?: Selector | Labels; podSelector?: Selector };
    if (kind === "Service") return [[`${kind} ${name}`, { matchLabels: selector as Labels }]];
    if (["Deployment", "StatefulSet", "PodDisruptionBudget"].includes(kind))
      return [[`${kind} ${name}`, selector as Selector]];
    const isForAll = Object.keys(podSelector ?? {}).length === 0;
    return kind === "NetworkPolicy" && !isForAll ? [[`${kind} ${name}`, podSelector as Selector]] : [];
  });
  const scaled = ofKind(objects, "HorizontalPodAutoscaler").flatMap((each) => {
    const { kind, name } = specOf<{ scaleTargetRef: { kind: string; name: string } }>(each).scaleTargetRef;
    const target = workloads.find((workload) => workload.kind === kind && workload.name === name);
    return complain(`HorizontalPodAutoscaler ${each.metadata.name}`, {
      "scales what is not there": target === undefined,
      "is not alone in saying how many": target?.replicas !== undefined,
    });
  });
  const missed = selectors.flatMap(([what, selector]) => {
    const count = found(selector);
    return count === 1 ? [] : [`${what}: selects pods of ${count} workloads`];
  });
  return [...missed, ...scaled];
};

/** Nodes can be emptied: every workload that stays has one budget, and each lets at least one pod go. */
export const drainable: PolicyCheck = (objects) =>
  workloadsOf(objects)
    .filter(({ isLasting }) => isLasting)
    .flatMap(({ name, labels, replicas }) => {
      const budgets = ofKind(objects, "PodDisruptionBudget")
        .map((each) => specOf<{ selector: Selector; maxUnavailable?: number; minAvailable?: number }>(each))
        .filter(({ selector }) => selects(selector, labels));
      const [budget] = budgets;
      const pods = replicas ?? scaledMin(objects, name);
      const free = budget?.maxUnavailable ?? pods - (budget?.minAvailable ?? 0);
      return complain(name, {
        [`has ${budgets.length} budgets`]: budgets.length !== 1,
        "no pod may ever be taken from its node": budgets.length === 1 && free < 1,
        "all pods may be taken at once": pods > 1 && free >= pods,
      });
    });

const scaledMin = (objects: readonly Manifest[], name: string): number =>
  ofKind(objects, "HorizontalPodAutoscaler")
    .map((each) => specOf<{ scaleTargetRef: { name: string }; minReplicas: number }>(each))
    .find(({ scaleTargetRef }) => scaleTargetRef.name === name)?.minReplicas ?? 1;

export interface SecretUse {
  secret: string;
  keys: readonly string[] | undefined;
}
const secretsIn = ({ secret, projected }: Volume): SecretUse[] => [
  ...(secret ? [{ secret: secret.secretName, keys: undefined }] : []),
  ...(projected?.sources ?? []).flatMap(({ secret: of }) =>
    of ? [{ secret: of.name, keys: of.items.map(({ key }) => key) }] : [],
  ),
];

/** Secrets come as files, and each of them is one that people are told of. */
export const documented =
  (isTold: (secret: string, key: string | undefined) => boolean): PolicyCheck =>
  (objects) => [
    ...workloadsOf(objects).flatMap(({ name, pod }) => [
      ...(pod.volumes ?? [])
        .flatMap(secretsIn)
        .flatMap(({ secret, keys }) =>
          (keys ?? [undefined]).flatMap((key) =>
            isTold(secret, key) ? [] : [`${name}: nobody is told of ${secret} ${key ?? ""}`],
          ),
        ),
      ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
        ...env
          .filter((each) => JSON.stringify(each).includes("secretKeyRef"))
          .map((each) => `${name}: ${each.name} is a secret in the environment`),
        ...envFrom.filter(({ secretRef }) => secretRef).map(() => `${name}: a whole Secret is in the environment`),
      ]),
    ]),
    ...ofKind(objects, "Ingress").flatMap((each) =>
      (specOf<{ tls?: { secretName: string }[] }>(each).tls ?? []).flatMap(({ secretName }) =>
        isTold(secretName, "tls.crt") ? [] : [`Ingress: nobody is told of ${secretName}`],
      ),
    ),
  ];

/** Every variable that is set is one that something reads; the file of a secret is where its volume puts it. */
export const understood =
  (isSetting: (name: string) => boolean): PolicyCheck =>
  (objects) => {
    const literals = ofKind(objects, "ConfigMap").flatMap(({ data = {} }) => Object.keys(data as Labels));
    const inPods = workloadsOf(objects).flatMap(({ pod, name }) =>
      pod.containers.flatMap(({ env = [] }) =>
        env.map((each) => ({ ...each, of: name, paths: pathsIn(pod.volumes ?? []) })),
      ),
    );
    return [
      ...literals.filter((name) => !isSetting(name)).map((name) => `nothing reads ${name}`),
      ...inPods.flatMap(({ name, value, of, paths }) =>
        complain(`${of}: ${name}`, {
          "nothing reads it": name.startsWith("CHIMERA_") && !isSetting(name) && !isSetting(name.replace(/_FILE$/, "")),
          "its file is not there":
            name.startsWith("CHIMERA_") && name.endsWith("_FILE") && !paths.some((path) => value?.endsWith(`/${path}`)),
        }),
      ),
    ];
  };

const pathsIn = (volumes: readonly Volume[]): string[] =>
  volumes.flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(
      ({ secret }) => (secret?.items as { path?: string }[] | undefined)?.map(({ path }) => path ?? "") ?? [],
    ),
  );

/** Images are of one version, which somebody chose. */
export const pinned: PolicyCheck = (objects) =>
  workloadsOf(objects).flatMap(({ name, pod }) =>
    containersOf(pod).flatMap(({ image }) =>
      complain(name, {
        [`${image} is no one version`]:
          !/(:[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$/.test(image) || image.endsWith(":latest"),
      }),
    ),
  );
