/** The reference page of what runs on Kubernetes: pods, who connects to whom, and the Secrets that have to be there. */
import { reservedOf, secretList, TLS_SECRETS } from "./k8s-components.ts";
import { SCALES, SHARDS } from "./k8s-scale.ts";
import { ORDER_PATH, type Unit } from "./units.ts";

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

export function kubernetesPage(units: readonly Unit[], note: string): string {
  const about =
    "What `ops/k8s` makes of the services. How to use it is in [run on Kubernetes](../guide/run-on-kubernetes.md), and why it " +
    "is so in [decision 0016](../decisions/0016-kubernetes.md). Kubernetes 1.30 or newer.";
  const sections = [
    `## Pods\n\n${podsTable(units)}\n\nOf a split service there are ${SHARDS} shards, so that more than ${SHARDS} pods of it would have nothing to do.\n\n${roomOf(units)}`,
    `## Connections\n\nEverything else is refused, in both directions. All services reach Redis (6379), ArangoDB (8529), the S3 store (9000) and DNS.\n\n${edgesTable(units)}`,
    `## Secrets\n\nIn the namespace \`chimera\`, before anything is applied; each key is a file in the pods that need it, and in no other.\n\n${secretsTable(units)}`,
  ];
  return `${note}\n\n# Kubernetes\n\n${about}\n\n${sections.join("\n\n")}\n`;
}

function podsTable(units: readonly Unit[]): string {
  const rows = units.map(({ id, name, ports, size }) => {
    const { replicas, loadMax, rollout, why } = SCALES[id];
    const pods = loadMax === undefined ? String(replicas) : `${replicas} to ${loadMax}, by load`;
    const order = rollout === "add-first" ? "adds one, then takes one" : "takes it, then adds it";
    const { cpu, memory } = size;
    const promised = `${cpu.request}m to ${cpu.limit}m`;
    return [`\`${name}\``, ports.join(", "), pods, order, promised, `${memory.request} to ${memory.limit} MiB`, why];
  });
  return table(["unit", "ports", "pods", "a roll-out", "processor", "memory", "why so many"], rows);
}

/** What a cluster must have free, or pods wait for a node: thousandths of a core, and MiB. */
export function promisedOf(units: readonly Unit[], overlay: "paper" | "live"): { cpu: number; memory: number } {
  const taken = overlay === "paper" ? units : units.filter(({ id }) => id !== "venue");
  const each = taken.map(({ id, size }) => {
    const isReserved = overlay === "live" && ORDER_PATH.includes(id);
    const { cpu, memory } = isReserved ? reservedOf(size) : { cpu: size.cpu.request, memory: size.memory.request };
    const pods = overlay === "paper" ? 1 : SCALES[id].replicas;
    return { cpu: pods * cpu, memory: pods * memory };
  });
  return {
    cpu: each.reduce((sum, { cpu }) => sum + cpu, 0),
    memory: each.reduce((sum, { memory }) => sum + memory, 0),
  };
}
function roomOf(units: readonly Unit[]): string {
  const [paper, live] = (["paper", "live"] as const).map((overlay) => promisedOf(units, overlay));
  return (
    `Promised to all of them together, without stores: ${paper?.cpu}m and ${paper?.memory} MiB by the overlay \`paper\`, ` +
    `${live?.cpu}m and ${live?.memory} MiB by \`live\`, where the order path has what \`reserved\` gives it. ` +
    "A pod for which no node has that much free waits."
  );
}

const OUTSIDE = {
  exchange: "the exchange (443, 9443), with the component `exchange`",
  notices: "notice channels (443, 465, 587)",
};

function edgesTable(units: readonly Unit[]): string {
  const nameOf = (id: string) => `\`${units.find((unit) => unit.id === id)?.name}\``;
  const rows = units
    .filter(({ id }) => id !== "venue")
    .map(({ name, reaches, outside }) => {
      const beyond = outside ? OUTSIDE[outside] : "";
      return [`\`${name}\``, reaches.map(nameOf).join(", "), beyond];
    });
  return table(["from", "to", "outside"], rows);
}

function secretsTable(units: readonly Unit[]): string {
  const rows = secretList(units).map(({ secret, key, about }) => [`\`${secret}\``, `\`${key}\``, about]);
  const certificates = TLS_SECRETS.map(({ secret, keys, about }) => [
    `\`${secret}\``,
    keys.map((key) => `\`${key}\``).join(" "),
    `${about}, of type \`kubernetes.io/tls\`; with the components \`tls\` and \`ingress\``,
  ]);
  return table(["secret", "key", "what"], [...rows, ...certificates]);
}
