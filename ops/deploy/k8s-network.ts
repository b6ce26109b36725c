/** Who may connect to whom: nobody, then exactly what the units declare, said at both ends of each connection. */
import {
  type Component,
  type Labels,
  labelsOf,
  type Manifest,
  STORE_LABEL,
  STORES_NAMESPACE,
  selectorOf,
} from "./k8s-objects.ts";
import type { Unit, UnitId } from "./units.ts";

export interface Rule {
  from?: readonly Peer[];
  to?: readonly Peer[];
  ports: readonly Port[];
}
export interface Peer {
  podSelector?: { matchLabels: Labels };
  namespaceSelector?: { matchLabels: Labels };
  ipBlock?: { cidr: string; except?: readonly string[] };
}
interface Port {
  protocol: "TCP" | "UDP";
  port: number;
}

const tcp = (...ports: readonly number[]): Port[] => ports.map((port) => ({ protocol: "TCP", port }));
const pods = (name: string): Peer => ({ podSelector: { matchLabels: selectorOf(name) } });

export const STORE_PORTS = { redis: 6379, arango: 8529, s3: 9000 } as const;
export type StoreName = keyof typeof STORE_PORTS;
export const STORES = Object.keys(STORE_PORTS) as StoreName[];

const toStore = (store: StoreName): Rule => ({
  to: [
    { namespaceSelector: { matchLabels: STORES_NAMESPACE }, podSelector: { matchLabels: { [STORE_LABEL]: store } } },
  ],
  ports: tcp(STORE_PORTS[store]),
});
const DNS: Rule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [{ protocol: "UDP", port: 53 }, ...tcp(53)],
};

/** What is not the internet: nothing of ours, of the cluster's or of its cloud's is reached by the way outside. */
const INSIDE = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
/** IPv4 addresses in the form of IPv6 ones are sent as IPv4, and Kubernetes takes their range for one of IPv4. */
const INSIDE_V6 = ["::1/128", "fc00::/7", "fe80::/10"];
/** Binance's spot streams are on 9443. Mail is submitted with TLS from the start, or asked for. */
const OUTSIDE_PORTS = { exchange: tcp(443, 9443), notices: tcp(443, 465, 587) };
export const toOutside = (what: keyof typeof OUTSIDE_PORTS): Rule => ({
  to: [{ ipBlock: { cidr: "0.0.0.0/0", except: INSIDE } }, { ipBlock: { cidr: "::/0", except: INSIDE_V6 } }],
  ports: OUTSIDE_PORTS[what],
});

interface PolicyParts {
  name: string;
  selector: Labels;
  labels: Labels;
  ingress?: readonly Rule[];
  egress?: readonly Rule[];
}
/**
 * A side that is not given is left to the other policies of the pod, and to `default-deny`. One without rules is
 * written without a list: the API server keeps no empty one, and would take each apply for a change.
 */
export const policy = ({ name, selector, labels, ingress, egress }: PolicyParts): Manifest => ({
  ...{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, labels } },
  spec: {
    podSelector: { matchLabels: selector },
    policyTypes: [...(ingress ? ["Ingress"] : []), ...(egress ? ["Egress"] : [])],
    ...(ingress && ingress.length > 0 && { ingress }),
    ...(egress && egress.length > 0 && { egress }),
  },
});

/** For all pods of the namespace, whatever they are: what nothing allows is not to be. */
export const DEFAULT_DENY: Manifest = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "default-deny" },
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
};

/** The part of the declared matrix that is between services; the venue's is added where there is one. */
export function unitPolicy(unit: Unit, all: readonly Unit[]): Manifest {
  const others = all.filter((other) => isPart(unit, other));
  const callers = others.filter(({ reaches }) => reaches.includes(unit.id));
  const callees = others.filter(({ id }) => unit.reaches.includes(id));
  return policy({
    ...{ name: unit.name, selector: selectorOf(unit.name), labels: labelsOf(unit.name, componentOf(unit.id)) },
    ingress: callers.length === 0 ? [] : [{ from: callers.map(({ name }) => pods(name)), ports: tcp(...unit.ports) }],
    egress: [
      ...callees.map(({ name, ports }) => ({ to: [pods(name)], ports: tcp(...ports) })),
      ...(unit.id === "venue" ? [] : STORES.map(toStore)),
      DNS,
      ...(unit.outside === "notices" ? [toOutside("notices")] : []),
    ],
  });
}

/** The venue and its only caller meet in a policy of their own, so that the base knows no venue. */
const isPart = (unit: Unit, other: Unit): boolean => unit.id === "venue" || other.id !== "venue";

/** The declared matrix: `from>to:port`. The gateway's public port is in no matrix: only the ingress reaches it. */
export const declaredEdges = (units: readonly Unit[]): string[] =>
  units
    .flatMap((from) => units.filter(({ id }) => from.reaches.includes(id)).map((to) => [from, to] as const))
    .flatMap(([from, to]) => to.ports.map((port) => `${from.name}>${to.name}:${port}`))
    .sort();

/** To the venue, beside the caller's own policy. */
export function venueCallerPolicies(all: readonly Unit[]): Manifest[] {
  const venue = all.find(({ id }) => id === "venue");
  if (!venue) return [];
  return all
    .filter(({ reaches }) => reaches.includes("venue"))
    .map(({ name }) =>
      policy({
        ...{ name: `${name}-to-venue`, selector: selectorOf(name), labels: labelsOf(name, "service") },
        egress: [{ to: [pods(venue.name)], ports: tcp(...venue.ports) }],
      }),
    );
}

/** To the exchange, for installations that trade on a real one. */
export const exchangePolicies = (all: readonly Unit[]): Manifest[] =>
  all
    .filter(({ outside }) => outside === "exchange")
    .map(({ name }) =>
      policy({
        ...{ name: `${name}-to-exchange`, selector: selectorOf(name), labels: labelsOf(name, "service") },
        egress: [toOutside("exchange")],
      }),
    );

const COLLECTOR_PORT = 4318;
const COLLECTOR: Rule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
      podSelector: { matchLabels: { "app.kubernetes.io/name": "opentelemetry-collector" } },
    },
  ],
  ports: tcp(COLLECTOR_PORT),
};
export const COLLECTOR_URL = `http://opentelemetry-collector.monitoring.svc:${COLLECTOR_PORT}`;

/** To the collector of traces, beside each service's own policy. */
export const collectorPolicies = (services: readonly Unit[]): Manifest[] =>
  services.map(({ name }) =>
    policy({
      ...{ name: `${name}-to-collector`, selector: selectorOf(name), labels: labelsOf(name, "service") },
      egress: [COLLECTOR],
    }),
  );

/** Of a task, which nobody calls. `beyond`: whatever else it connects to. */
export const taskPolicy = (
  { name, component = "task" }: { name: string; component?: Component },
  stores: readonly StoreName[],
  beyond: readonly Rule[] = [],
): Manifest =>
  policy({
    ...{ name, selector: selectorOf(name), labels: labelsOf(name, component) },
    ingress: [],
    egress: [...stores.map(toStore), DNS, ...beyond],
  });

export const componentOf = (id: UnitId): "service" | "venue" => (id === "venue" ? "venue" : "service");
