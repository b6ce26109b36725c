/** Kubernetes objects as values: how each is named and labelled, and how they are written to a file. */
import { stringify } from "yaml";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly [field: string]: unknown;
}
export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
}
export type Labels = Readonly<Record<string, string>>;

const NAME = "app.kubernetes.io/name";
const PART_OF = { "app.kubernetes.io/part-of": "chimera" };

/** A folder's objects by file; beside them lies what kustomize does with them. */
export interface Part {
  kustomization: object;
  files: Readonly<Record<string, readonly object[]>>;
}
export const COMPONENT_HEAD = { apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component" };

/** By these, and no other labels, pods are found: they never change for a name. */
export const selectorOf = (name: string): Labels => ({ [NAME]: name, ...PART_OF });

/** `service` is one of the twelve; what runs once or by the clock is a `task`. */
export type Component = "service" | "venue" | "task" | "store" | "worker";
export const COMPONENT = "app.kubernetes.io/component";
export const labelsOf = (name: string, component: Component): Labels => ({
  ...selectorOf(name),
  [COMPONENT]: component,
});

/** Where the stores are is said by labels: of the namespace, and of each store's pods there. */
export const STORES_NAMESPACE: Labels = { "chimera.dev/stores": "true" };
export const STORE_LABEL = "chimera.dev/store";

const NOTE = "Generated from the service declarations by `bun run generate`; a test fails when it is stale.";

/** As Kubernetes reads it: to its YAML 1.1 a bare `off` is no text. */
export const yamlText = (objects: readonly object[]): string =>
  objects.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" })).join("---\n");

export const yamlFile = (objects: readonly object[]): string => `# ${NOTE}\n${yamlText(objects)}`;
