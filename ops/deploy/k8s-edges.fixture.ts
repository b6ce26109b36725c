/** Who can connect to whom, worked out from NetworkPolicies as a cluster would: both ends have to allow it. */
import { BlockList, isIPv4 } from "node:net";
import type { Rule } from "./k8s-network.ts";
import type { Labels, Manifest } from "./k8s-objects.ts";
import { ofKind, type Selector, selects, specOf, type Workload, workloadsOf } from "./k8s-view.fixture.ts";

interface Policy {
  podSelector: Selector;
  policyTypes: readonly ("Ingress" | "Egress")[];
  ingress?: readonly Rule[];
  egress?: readonly Rule[];
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: readonly string[] };
}

/** A pod somewhere: ours, or one of another namespace that takes part. */
export interface Endpoint {
  name: string;
  labels: Labels;
  namespace: Labels;
  ports: readonly number[];
}

const policiesOf = (objects: readonly Manifest[]): Policy[] =>
  ofKind(objects, "NetworkPolicy").map((each) => specOf<Policy>(each));

export const namespaceLabels = (objects: readonly Manifest[]): Labels => ({
  "kubernetes.io/metadata.name": "chimera",
  ...ofKind(objects, "Namespace")[0]?.metadata.labels,
});

export const endpointsOf = (objects: readonly Manifest[]): Endpoint[] =>
  workloadsOf(objects).map(({ name, labels, pod }) => ({
    ...{ name, labels, namespace: namespaceLabels(objects) },
    ports: pod.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
  }));

/** `from>to:port` for every connection that both ends allow; `foreign` are pods of other namespaces, free to do all. */
export function edgesOf(objects: readonly Manifest[], foreign: readonly Endpoint[] = []): string[] {
  const policies = policiesOf(objects);
  const ours = endpointsOf(objects);
  const all = [...ours, ...foreign];
  const edges = all.flatMap((from) =>
    all.flatMap((to) => {
      if (foreign.includes(from) && foreign.includes(to)) return [];
      const leaves = (port: number) => foreign.includes(from) || allows(policies, "Egress", from, [to, port]);
      const enters = (port: number) => foreign.includes(to) || allows(policies, "Ingress", to, [from, port]);
      return to.ports.filter((port) => leaves(port) && enters(port)).map((port) => `${from.name}>${to.name}:${port}`);
    }),
  );
  return edges.sort();
}

type Side = "Ingress" | "Egress";

/** A side that no policy of the pod speaks of is open. */
function allows(policies: readonly Policy[], side: Side, pod: Endpoint, [other, port]: [Endpoint, number]): boolean {
  const own = policies.filter((each) => each.policyTypes.includes(side) && selects(each.podSelector, pod.labels));
  if (own.length === 0) return true;
  const rules = own.flatMap((each) => (side === "Ingress" ? each.ingress : each.egress) ?? []);
  return rules.some((rule) => {
    const peers = (side === "Ingress" ? rule.from : rule.to) as readonly Peer[] | undefined;
    return hasPort(rule, port) && (peers === undefined || peers.some((peer) => isPeer(peer, other, pod.namespace)));
  });
}

const hasPort = ({ ports }: Partial<Rule>, wanted: number): boolean =>
  ports === undefined || ports.some(({ protocol, port }) => protocol === "TCP" && port === wanted);

/** Address ranges are for the outside: pods of a cluster are not told by them. */
function isPeer({ podSelector, namespaceSelector, ipBlock }: Peer, pod: Endpoint, home: Labels): boolean {
  if (ipBlock) return false;
  const isThere = namespaceSelector
    ? selects(namespaceSelector, pod.namespace)
    : pod.namespace === home || sameName(pod.namespace, home);
  return isThere && selects(podSelector ?? {}, pod.labels);
}
const NAME = "kubernetes.io/metadata.name";
const sameName = (a: Labels, b: Labels): boolean => a[NAME] === b[NAME];

/** Workload → the ports by which it reaches addresses outside of the cluster. */
export function outsideOf(objects: readonly Manifest[]): Record<string, number[]> {
  const policies = policiesOf(objects);
  const found = workloadsOf(objects).flatMap(({ name, labels }) => {
    const own = policies.filter((each) => each.policyTypes.includes("Egress") && selects(each.podSelector, labels));
    const rules = own
      .flatMap(({ egress = [] }) => egress)
      .filter(({ to }) => isOutside(to as readonly Peer[] | undefined));
    const ports = rules.flatMap((rule) => rule.ports?.map(({ port }) => port) ?? [0]);
    return ports.length > 0 ? [[name, [...new Set(ports)].sort((a, b) => a - b)] as const] : [];
  });
  return Object.fromEntries(found);
}
const isOutside = (to: readonly Peer[] | undefined): boolean => to === undefined || to.some(({ ipBlock }) => ipBlock);

/** What the API server refuses a policy for: an exception that is no part of the range it is taken from. */
export const strayExceptions = (objects: readonly Manifest[]): string[] =>
  ofKind(objects, "NetworkPolicy").flatMap((each) => {
    const { ingress = [], egress = [] } = specOf<Policy>(each);
    const peers = [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)] as Peer[];
    return peers.flatMap(({ ipBlock: { cidr, except = [] } = { cidr: "" } }) =>
      except
        .filter((part) => !isPart(part, cidr))
        .map((part) => `${each.metadata.name}: ${part} is no part of ${cidr}`),
    );
  });

function isPart(part: string, whole: string): boolean {
  const [inner, outer] = [part, whole].map(rangeOf) as [Range, Range];
  if (inner.family !== outer.family || inner.length <= outer.length) return false;
  const range = new BlockList();
  range.addSubnet(outer.address, outer.length, outer.family);
  return range.check(inner.address, inner.family);
}
interface Range {
  address: string;
  length: number;
  family: "ipv4" | "ipv6";
}
/** As Go reads it, and so Kubernetes: what is `::ffff:` and an IPv4 address is that address. */
function rangeOf(cidr: string): Range {
  const [address = "", length] = cidr.split("/");
  return { address, length: Number(length), family: isIPv4(address) || /^::ffff:/i.test(address) ? "ipv4" : "ipv6" };
}

/** Pods that some direction of is governed by nothing. */
export const ungoverned = (objects: readonly Manifest[]): string[] =>
  workloadsOf(objects).flatMap((workload) =>
    (["Ingress", "Egress"] as const)
      .filter((side) => !policiesOf(objects).some((each) => isOwn(each, side, workload)))
      .map((side) => `${workload.name}: no policy of its own for ${side}`),
  );
const isOwn = ({ podSelector, policyTypes }: Policy, side: Side, { labels }: Workload): boolean =>
  policyTypes.includes(side) && podSelector.matchLabels !== undefined && selects(podSelector, labels);
