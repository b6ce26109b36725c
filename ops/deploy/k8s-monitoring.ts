/** What Prometheus' operator is told: whom to scrape, and the rules of ops/monitoring as objects of its kind. */
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../build.ts";
import { policy } from "./k8s-network.ts";
import { COMPONENT_HEAD, labelsOf, type Manifest, type Part, selectorOf } from "./k8s-objects.ts";
import type { Unit } from "./units.ts";

const RULES = "ops/monitoring/prometheus/rules";
export const JOB = "chimera";

export interface RuleFile {
  /** Without its ending. */
  name: string;
  groups: readonly object[];
}

export async function readRules(folder = join(ROOT, RULES)): Promise<RuleFile[]> {
  const paths = await Array.fromAsync(new Bun.Glob("*.{yaml,yml}").scan({ cwd: folder })).catch(() => []);
  const read = paths.sort().map(async (path) => {
    const { groups } = parse(await Bun.file(join(folder, path)).text()) as Pick<RuleFile, "groups">;
    return { name: path.replace(/\.ya?ml$/, ""), groups };
  });
  return Promise.all(read);
}

/** S11 tells the metrics of every replica of all services, so that it alone is asked, and may be. */
export function monitoringPart(units: readonly Unit[], rules: readonly RuleFile[]): Part {
  const teller = units.find(({ id }) => id === "s11") as Unit;
  const labels = labelsOf(teller.name, "service");
  const monitor: Manifest = {
    ...{ apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", metadata: { name: "chimera", labels } },
    spec: {
      selector: { matchLabels: selectorOf(teller.name) },
      endpoints: [
        {
          ...{ port: "http", path: "/metrics", params: { federate: ["true"] }, honorLabels: true },
          ...{ interval: "15s", scrapeTimeout: "10s" },
          relabelings: asOne(teller),
        },
      ],
    },
  };
  const scraping = policy({
    ...{ name: `${teller.name}-from-prometheus`, selector: selectorOf(teller.name), labels },
    ingress: [
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
          },
        ],
        ports: teller.ports.map((port) => ({ protocol: "TCP", port })),
      },
    ],
  });
  const objects = {
    "scraping.yaml": [monitor, scraping],
    ...(rules.length > 0 && { "rules.yaml": rules.map(ruleObject) }),
  };
  return { kustomization: { ...COMPONENT_HEAD, resources: Object.keys(objects) }, files: objects };
}

/**
 * Whichever of its pods is asked tells the same of all: what tells the pods apart would count everything twice. The
 * operator would name the job after the Service; rules know it by another name.
 */
const asOne = ({ name, ports: [port] }: Unit) => [
  { action: "replace", targetLabel: "job", replacement: JOB },
  { action: "replace", targetLabel: "instance", replacement: `${name}:${port}` },
  { action: "labeldrop", regex: "namespace|service|pod|container|endpoint|node" },
];

const ruleObject = ({ name, groups }: RuleFile): Manifest => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PrometheusRule",
  metadata: { name: `chimera-${name}`, labels: { "app.kubernetes.io/part-of": "chimera" } },
  spec: { groups },
});
