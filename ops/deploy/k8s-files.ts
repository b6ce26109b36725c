/** The files below ops/k8s that are generated: the base, and the components that follow from the declarations. */
import {
  journalPart,
  researchPart,
  reservedPart,
  restorePart,
  secretsPart,
  singlePart,
  tracingPart,
} from "./k8s-components.ts";
import { exchangeSecrets, projectedOf, type SecretKey, urlVariable, variablesOf } from "./k8s-env.ts";
import { BACKUP_WATCH, backupObjects, initObjects } from "./k8s-jobs.ts";
import { monitoringPart, type RuleFile } from "./k8s-monitoring.ts";
import { DEFAULT_DENY, exchangePolicies, unitPolicy, venueCallerPolicies } from "./k8s-network.ts";
import { COMPONENT_HEAD, labelsOf, type Manifest, type Part, selectorOf, yamlFile } from "./k8s-objects.ts";
import { SHARDS } from "./k8s-scale.ts";
import {
  autoscalers,
  disruptionBudget,
  internalService,
  podOf,
  serviceAccount,
  serviceObjects,
} from "./k8s-workloads.ts";
import type { Unit } from "./units.ts";

export const K8S_FOLDER = "ops/k8s";

const KUSTOMIZATION = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
const merged = (literals: readonly string[]) => ({
  configMapGenerator: [{ name: "chimera", behavior: "merge", literals }],
});

/** Path below ops/k8s → its part. */
export function kubernetesParts(units: readonly Unit[], rules: readonly RuleFile[]): Record<string, Part> {
  const services = units.filter(isService);
  return {
    base: basePart(units),
    "components/venue": venuePart(units),
    "components/exchange": exchangePart(units),
    "components/autoscaling": autoscalingPart(units),
    "components/backup": backupPart(units),
    "components/tls": tlsPart(units),
    "components/single": singlePart(services),
    "components/reserved": reservedPart(services),
    "components/journal": journalPart(units),
    "components/secrets": secretsPart(units),
    "components/research": researchPart(units),
    "components/restore": restorePart(services, units),
    "components/tracing": tracingPart(services),
    "components/monitoring": monitoringPart(units, rules),
  };
}

/** Path → content, of all generated files. */
export function kubernetesFiles(parts: Readonly<Record<string, Part>>): Record<string, string> {
  const files = Object.entries(parts).flatMap(([folder, { kustomization, files }]) =>
    Object.entries({ "kustomization.yaml": [kustomization], ...files }).map(
      ([file, objects]) => [`${K8S_FOLDER}/${folder}/${file}`, yamlFile(objects)] as const,
    ),
  );
  return Object.fromEntries(files);
}

const isService = ({ id }: Unit): boolean => id !== "venue";
const urls = (units: readonly Unit[], scheme: string): string[] =>
  units.filter(isService).map(({ id, name, ports: [port] }) => `${urlVariable(id)}=${scheme}://${name}:${port}`);

function basePart(units: readonly Unit[]): Part {
  const services = units.filter(isService);
  const objects = Object.fromEntries(services.map((unit) => [`${unit.name}.yaml`, serviceObjects(unit, units)]));
  const literals = [
    "CHIMERA_BIND=0.0.0.0",
    "CHIMERA_LOG_TO=stdout",
    `CHIMERA_SHARDS=${SHARDS}`,
    "CHIMERA_STORE=arango",
    "CHIMERA_BLOBS=s3",
    ...urls(units, "http"),
  ];
  return {
    kustomization: {
      ...KUSTOMIZATION,
      namespace: "chimera",
      resources: ["namespace.yaml", "default-deny.yaml", "init.yaml", ...Object.keys(objects)],
      configMapGenerator: [{ name: "chimera", literals }],
    },
    files: { "default-deny.yaml": [DEFAULT_DENY], "init.yaml": initObjects(units), ...objects },
  };
}

/** The paper exchange, whose journal is the truth of what was traded: one pod with a volume that outlives it. */
function venuePart(units: readonly Unit[]): Part {
  const venue = units.find(({ id }) => id === "venue") as Unit;
  const { name, ports } = venue;
  const pod = podOf(
    venue,
    [
      { name: "journal", mountPath: "/data" },
      { name: "tmp", mountPath: "/tmp" },
    ],
    [{ name: "tmp", emptyDir: { sizeLimit: "512Mi" } }],
  );
  const [spot, futures] = ports;
  const literals = [
    `CHIMERA_VENUE_SPOT_URL=http://${name}:${spot}`,
    `CHIMERA_VENUE_SPOT_WS_URL=ws://${name}:${spot}`,
    `CHIMERA_VENUE_SPOT_API_WS_URL=ws://${name}:${spot}/ws-api/v3`,
    `CHIMERA_VENUE_FUT_URL=http://${name}:${futures}`,
    `CHIMERA_VENUE_FUT_WS_URL=ws://${name}:${futures}`,
    // Its address is none of loopback's, and it says of itself that it is a paper exchange.
    "CHIMERA_S01_PAPER_REMOTE=true",
  ];
  return {
    kustomization: { ...COMPONENT_HEAD, resources: ["venue.yaml"], ...merged(literals) },
    files: {
      "venue.yaml": [
        serviceAccount(venue),
        {
          ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name, labels: labelsOf(name, "venue") } },
          spec: {
            ...{ replicas: 1, serviceName: name, revisionHistoryLimit: 5, minReadySeconds: 5 },
            selector: { matchLabels: selectorOf(name) },
            template: { metadata: { labels: labelsOf(name, "venue") }, spec: pod },
            volumeClaimTemplates: [
              {
                metadata: { name: "journal", labels: labelsOf(name, "venue") },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
              },
            ],
          },
        },
        internalService(venue),
        disruptionBudget(venue),
        unitPolicy(venue, units),
        ...venueCallerPolicies(units),
      ],
    },
  };
}

/** A real exchange: the way to it, and the key for it, for whoever speaks to it. */
function exchangePart(units: readonly Unit[]): Part {
  const patches = units
    .filter(({ outside }) => outside === "exchange")
    .map((unit) => ({
      target: { kind: "Deployment", name: unit.name },
      patch: secretsPatch(unit, exchangeSecrets(unit)),
    }));
  return {
    kustomization: { ...COMPONENT_HEAD, resources: ["outside.yaml"], patches },
    files: { "outside.yaml": exchangePolicies(units) },
  };
}

/** Hands the unit's pods more secrets than the base does. */
function secretsPatch(unit: Unit, secrets: readonly SecretKey[]): string {
  const added = [
    ...variablesOf(secrets).map((value) => ["/spec/template/spec/containers/0/env/-", value] as const),
    ...projectedOf(secrets).map((value) => [`${secretsVolume(unit)}/projected/sources/-`, value] as const),
  ];
  return JSON.stringify(added.map(([path, value]) => ({ op: "add", path, value })));
}
const secretsVolume = (unit: Unit): string => {
  const at = podOf(unit).volumes.findIndex((volume) => (volume as { name: string }).name === "secrets");
  return `/spec/template/spec/volumes/${at}`;
};

/** An autoscaler says the number of pods, so nothing else may. */
function autoscalingPart(units: readonly Unit[]): Part {
  const scalers = autoscalers(units);
  const patch = JSON.stringify([{ op: "remove", path: "/spec/replicas" }]);
  const patches = scalers.map(({ metadata: { name } }) => ({ target: { kind: "Deployment", name }, patch }));
  return {
    kustomization: { ...COMPONENT_HEAD, resources: ["autoscalers.yaml"], patches },
    files: { "autoscalers.yaml": scalers },
  };
}

function backupPart(units: readonly Unit[]): Part {
  const teller = units.find(({ id }) => id === "s11") as Unit;
  const patches = [{ target: { kind: "Deployment", name: teller.name }, patch: secretsPatch(teller, BACKUP_WATCH) }];
  return {
    kustomization: { ...COMPONENT_HEAD, resources: ["backup.yaml"], patches },
    files: { "backup.yaml": backupObjects(units) },
  };
}

const TLS_FOLDER = "/run/tls";
const TLS_SECRET = "chimera-service-tls";
/** Services show each other a certificate of the installation's own authority; probes ask over TLS too. */
function tlsPart(units: readonly Unit[]): Part {
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => ({
    ...{ op: "add", path: `/spec/template/spec/containers/0/${probe}/httpGet/scheme`, value: "HTTPS" },
  }));
  const patch = JSON.stringify([
    ...probes,
    {
      ...{ op: "add", path: "/spec/template/spec/containers/0/volumeMounts/-" },
      value: { name: "tls", mountPath: TLS_FOLDER, readOnly: true },
    },
    {
      ...{ op: "add", path: "/spec/template/spec/volumes/-" },
      value: { name: "tls", secret: { secretName: TLS_SECRET, defaultMode: 0o440 } },
    },
  ]);
  const target = { kind: "Deployment", labelSelector: "app.kubernetes.io/component=service" };
  const scrape = JSON.stringify([
    { op: "add", path: "/spec/endpoints/0/scheme", value: "https" },
    {
      ...{ op: "add", path: "/spec/endpoints/0/tlsConfig" },
      value: {
        serverName: units.find(({ id }) => id === "s11")?.name,
        ca: { secret: { name: TLS_SECRET, key: "ca.crt" } },
      },
    },
  ]);
  const literals = [
    ...urls(units, "https"),
    `CHIMERA_SERVICE_TLS_CERT=${TLS_FOLDER}/tls.crt`,
    `CHIMERA_SERVICE_TLS_KEY=${TLS_FOLDER}/tls.key`,
    `CHIMERA_SERVICE_TLS_CA=${TLS_FOLDER}/ca.crt`,
  ];
  return {
    kustomization: {
      ...COMPONENT_HEAD,
      ...merged(literals),
      patches: [
        { target, patch },
        { target: { kind: "ServiceMonitor" }, patch: scrape },
      ],
    },
    files: {},
  };
}

export const allObjects = (parts: Readonly<Record<string, Part>>): Manifest[] =>
  Object.values(parts).flatMap(({ files }) => Object.values(files).flat() as Manifest[]);
