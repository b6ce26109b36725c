/** Draws up what Kubernetes and Prometheus' operator accept, of the kinds that we write, from their own definitions. */
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../build.ts";

const usage = `Usage: bun ops/deploy/kubernetes-schema.ts BUILTINS CRDS

Writes ops/deploy/kubernetes.schema.json: the shapes of the kinds below, without texts, stricter than the API where
that would pass over a field that it does not know.

  BUILTINS   pkg/openapiclient/builtins/1.30 of the Go module sigs.k8s.io/kubectl-validate@v0.0.4
  CRDS       example/prometheus-operator-crd of the Go module
             github.com/prometheus-operator/prometheus-operator@v0.88.0

\`go mod download -json MODULE\` fetches one and says where it lies.`;

/** By the file that defines them. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "api/v1.json": [
    ...["ConfigMap", "Namespace", "PersistentVolumeClaim", "ResourceQuota", "Secret"],
    ...["Service", "ServiceAccount"],
  ],
  "apis/apps/v1.json": ["Deployment", "StatefulSet"],
  "apis/autoscaling/v2.json": ["HorizontalPodAutoscaler"],
  "apis/batch/v1.json": ["CronJob", "Job"],
  "apis/networking.k8s.io/v1.json": ["Ingress", "NetworkPolicy"],
  "apis/policy/v1.json": ["PodDisruptionBudget"],
  "apis/scheduling.k8s.io/v1.json": ["PriorityClass"],
};
const CUSTOM = ["servicemonitors", "prometheusrules"].map((name) => `monitoring.coreos.com_${name}.yaml`);

/** Volumes of single clouds, and what the server alone writes: whoever uses one draws this up anew without it. */
const LEFT_OUT = new Set(
  [
    "awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk gitRepo glusterfs",
    "iscsi photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume",
    "ephemeralContainers managedFields status",
  ].flatMap((line) => line.split(" ")),
);

type Schema = { [key: string]: unknown };
const DROPPED = /^(description|default|format|example|title|nullable|discriminator|x-kubernetes-.*)$/;
const ANY_SCALAR = { type: ["integer", "string"] };

/** `defs` are those that the kinds lead to, by their short names. */
export interface Drawn {
  kinds: Record<string, Schema>;
  defs: Record<string, Schema>;
}

const shortOf = (name: string): string => name.replace(/^.*\/|^io\.k8s\.(api|apimachinery\.pkg)\./g, "");
const defName = (ref: string): string => ref.replace("#/components/schemas/", "");

/** One schema without texts; `met` is told of every definition that it refers to. */
export function tidied(schema: Schema, met: (ref: string) => void): Schema {
  if (schema["x-kubernetes-int-or-string"] === true) return ANY_SCALAR;
  const { $ref, properties, ...rest } = schema;
  if (typeof $ref === "string") {
    met(defName($ref));
    return { $ref: `#/$defs/${shortOf(defName($ref))}` };
  }
  const [only, ...others] = (rest.allOf as Schema[] | undefined) ?? [];
  // How OpenAPI gives a reference a text of its own.
  if (only?.$ref !== undefined && others.length === 0) return tidied(only, met);
  const kept = Object.entries(rest).filter(([key]) => !DROPPED.test(key));
  const tidy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(tidy);
    return typeof value === "object" && value !== null ? tidied(value as Schema, met) : value;
  };
  const out: Schema = Object.fromEntries(kept.map(([key, value]) => [key, tidy(value)]));
  if (typeof properties !== "object" || properties === null) return out;
  const shown = Object.entries(properties).filter(([name]) => !LEFT_OUT.has(name));
  out.properties = Object.fromEntries(shown.map(([name, value]) => [name, tidied(value as Schema, met)]));
  if (out.additionalProperties === undefined) out.additionalProperties = false;
  return out;
}

interface Definitions {
  components: { schemas: Record<string, Schema> };
}
type Grouped = { "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[] };

function drawKinds({ components: { schemas } }: Definitions, kinds: readonly string[], into: Drawn): void {
  const waiting: string[] = [];
  const met = (name: string) => void waiting.push(name);
  for (const [name, schema] of Object.entries(schemas)) {
    const [of] = (schema as Grouped)["x-kubernetes-group-version-kind"] ?? [];
    if (!of || !kinds.includes(of.kind) || !name.endsWith(`.${of.kind}`)) continue;
    const version = of.group === "" ? of.version : `${of.group}/${of.version}`;
    into.kinds[`${version}/${of.kind}`] = tidied(schema, met);
  }
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (into.defs[shortOf(name)] === undefined) into.defs[shortOf(name)] = tidied(schemas[name] as Schema, met);
  }
}

interface CustomDefinition {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; storage: boolean; schema: { openAPIV3Schema: Schema } }[];
  };
}
function drawCustom({ spec }: CustomDefinition, into: Drawn): void {
  const kept = spec.versions.find(({ storage }) => storage);
  if (!kept) throw new Error(`${spec.names.kind} has no stored version`);
  const drawn = tidied(kept.schema.openAPIV3Schema, () => {});
  into.kinds[`${spec.group}/${kept.name}/${spec.names.kind}`] = {
    ...drawn,
    properties: { ...(drawn.properties as Schema), metadata: { $ref: "#/$defs/apis.meta.v1.ObjectMeta" } },
  };
}

const sorted = (record: Record<string, Schema>) =>
  Object.entries(record)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `    ${JSON.stringify(name)}: ${JSON.stringify(schema)}`)
    .join(",\n");

if (import.meta.main) {
  const [builtins, crds] = process.argv.slice(2);
  if (!builtins || !crds) {
    process.stderr.write(`${usage}\n`);
    process.exit(2);
  }
  const drawn: Drawn = { kinds: {}, defs: {} };
  for (const [file, kinds] of Object.entries(KINDS))
    drawKinds(await Bun.file(join(builtins, file)).json(), kinds, drawn);
  for (const file of CUSTOM) drawCustom(parse(await Bun.file(join(crds, file)).text()) as CustomDefinition, drawn);
  const text = `{\n  "kinds": {\n${sorted(drawn.kinds)}\n  },\n  "$defs": {\n${sorted(drawn.defs)}\n  }\n}\n`;
  await Bun.write(join(ROOT, "ops/deploy/kubernetes.schema.json"), text);
}
