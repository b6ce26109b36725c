/** How tests look at Kubernetes objects: the pods that workloads make, and what labels select. */
import type { Labels, Manifest } from "./k8s-objects.ts";

export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}
export interface Container {
  name: string;
  image: string;
  command?: readonly string[];
  args?: readonly string[];
  env?: readonly { name: string; value?: string }[];
  envFrom?: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: readonly { name: string; containerPort: number }[];
  resources?: { requests?: Labels; limits?: Labels };
  securityContext?: Record<string, unknown>;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  [field: string]: unknown;
}
export interface Volume {
  name: string;
  secret?: { secretName: string };
  projected?: { sources: readonly { secret?: { name: string; items: readonly { key: string }[] } }[] };
  [kind: string]: unknown;
}
export interface Pod {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: Record<string, unknown>;
  priorityClassName?: string;
  containers: readonly Container[];
  initContainers?: readonly Container[];
  volumes?: readonly Volume[];
  [field: string]: unknown;
}
export interface Workload {
  kind: string;
  name: string;
  /** Of its pods. */
  labels: Labels;
  pod: Pod;
  /** Undefined: an autoscaler says. */
  replicas: number | undefined;
  /** Whether it is there to stay, and answers somebody. */
  isLasting: boolean;
  object: Manifest;
}

interface Template {
  metadata: { labels: Labels };
  spec: Pod;
}
interface Spec {
  replicas?: number;
  template?: Template;
  jobTemplate?: { spec: { template: Template } };
}

export const specOf = <T>(object: Manifest): T => object.spec as T;
export const ofKind = (objects: readonly Manifest[], kind: string): Manifest[] =>
  objects.filter((each) => each.kind === kind);

export function workloadsOf(objects: readonly Manifest[]): Workload[] {
  return objects.flatMap((object) => {
    const spec = specOf<Spec | undefined>(object);
    const template = spec?.template ?? spec?.jobTemplate?.spec.template;
    if (!template) return [];
    const isLasting = ["Deployment", "StatefulSet"].includes(object.kind);
    const { labels } = template.metadata;
    return [
      {
        kind: object.kind,
        name: object.metadata.name,
        labels,
        pod: template.spec,
        replicas: spec?.replicas,
        isLasting,
        object,
      },
    ];
  });
}

export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const hasLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return hasLabels && matchExpressions.every((each) => holds(each, labels[each.key]));
}

function holds(
  { operator, values = [] }: NonNullable<Selector["matchExpressions"]>[number],
  value: string | undefined,
): boolean {
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  throw new Error(`There is no operator ${operator}`);
}
