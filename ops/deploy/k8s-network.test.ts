import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { type Endpoint, edgesOf, outsideOf, strayExceptions, ungoverned } from "./k8s-edges.fixture.ts";
import { allObjects, kubernetesParts } from "./k8s-files.ts";
import { declaredEdges } from "./k8s-network.ts";
import type { Manifest } from "./k8s-objects.ts";
import { hasKubectl, readObjects, render } from "./k8s-render.fixture.ts";
import { deployedUnits } from "./units.ts";

const units = await deployedUnits();
const parts = kubernetesParts(units, []);
const written = await Promise.all(
  ["base/namespace", ...["redis", "arango", "s3", "network"].map((each) => `components/stores/${each}`)].map((path) =>
    Bun.file(join(ROOT, `ops/k8s/${path}.yaml`)).text(),
  ),
);
/** With the label that the component of stores adds. */
const objects: Manifest[] = [...allObjects(parts), ...written.flatMap(readObjects)].map((each) =>
  each.kind === "Namespace"
    ? { ...each, metadata: { ...each.metadata, labels: { ...each.metadata.labels, "chimera.dev/stores": "true" } } }
    : each,
);

const services = units.filter(({ id }) => id !== "venue");
const STORES = { arango: 8529, redis: 6379, s3: 9000 };
const toStores = (names: readonly string[]) =>
  names.flatMap((name) => Object.entries(STORES).map(([store, port]) => `${name}>${store}:${port}`));
const WORKER = ["research-worker>redis:6379", "research-worker>s3:9000"];
const ofServices = [...declaredEdges(units), ...toStores([...services.map(({ name }) => name), "init"])];
const expected = [...ofServices, ...toStores(["backup", "restore"]), ...WORKER].sort();

const elsewhere = (name: string, namespace: string, labels: Record<string, string>, ports: number[]): Endpoint => ({
  ...{ name, labels, ports },
  namespace: { "kubernetes.io/metadata.name": namespace },
});
const FOREIGN = [
  elsewhere("ingress", "ingress-nginx", { "app.kubernetes.io/name": "ingress-nginx" }, [8443]),
  elsewhere("prometheus", "monitoring", { "app.kubernetes.io/name": "prometheus" }, [9090]),
  elsewhere("dns", "kube-system", { "k8s-app": "kube-dns" }, [53]),
  elsewhere(
    "stranger",
    "default",
    { "app.kubernetes.io/name": "s04-router", "app.kubernetes.io/part-of": "chimera" },
    [80],
  ),
];

test("the connections that policies allow are those that are declared, and no others", () => {
  expect(edgesOf(objects)).toEqual(expected);
});
test("only the exchange's service, notices and backups reach the outside", () => {
  expect(outsideOf(objects)).toEqual({
    "s01-exchange": [443, 9443],
    "s11-metrics": [443, 465, 587],
    backup: [443],
    "backup-prune": [443],
    restore: [443],
  });
});
test("every pod is governed both ways, and so is whatever else may come", () => {
  expect(ungoverned(objects)).toEqual([]);
  const newcomer: Manifest = {
    ...{ apiVersion: "v1", kind: "Deployment", metadata: { name: "newcomer" } },
    spec: {
      template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ ports: [{ containerPort: 80 }] }] } },
    },
  };
  expect(edgesOf([...objects, newcomer]).filter((edge) => edge.includes("newcomer"))).toEqual([]);
});
test("with a collector of traces all services reach it, and nobody else", () => {
  const collector = elsewhere(
    "collector",
    "monitoring",
    { "app.kubernetes.io/name": "opentelemetry-collector" },
    [4318],
  );
  const found = edgesOf(objects, [collector]).filter((edge) => edge.includes("collector"));
  expect(found).toEqual(services.map(({ name }) => `${name}>collector:4318`));
});
test("of other namespaces nobody gets in but Prometheus, to the one that tells metrics", () => {
  const foreign = edgesOf(objects, FOREIGN).filter((edge) => FOREIGN.some(({ name }) => edge.includes(`${name}>`)));
  expect(foreign).toEqual(["prometheus>s11-metrics:8091"]);
});

test("no policy has an empty list, which the API server would drop at each apply and so change", () => {
  const policies = [...objects, ...(hasKubectl ? render("overlays/paper") : [])].filter(
    ({ kind }) => kind === "NetworkPolicy",
  );
  expect(policies.length).toBeGreaterThan(15);
  expect(policies.filter((each) => JSON.stringify(each).includes("[]")).map(({ metadata }) => metadata.name)).toEqual(
    [],
  );
});

test("exceptions are parts of their ranges, or the API server takes no such policy", () => {
  expect(outsideOf(objects)["s11-metrics"]).toBeDefined();
  expect(strayExceptions(objects)).toEqual([]);
  const except = ["::/0", "10.0.0.0/8", "::ffff:0:0/96", "fc00::/7"];
  const spec = { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ ipBlock: { cidr: "::/0", except } }] }] };
  const stray = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "a" }, spec };
  expect(strayExceptions([stray])).toEqual(except.slice(0, 3).map((each) => `a: ${each} is no part of ::/0`));
});

describe("what differs is seen", () => {
  const change = (name: string, edit: (spec: { ingress: object[]; egress: object[]; podSelector: object }) => void) => {
    const copy = structuredClone(objects) as Manifest[];
    const found = copy.find((each) => each.kind === "NetworkPolicy" && each.metadata.name === name);
    edit(found?.spec as Parameters<typeof edit>[0]);
    return copy;
  };
  const without = (name: string) =>
    objects.filter(({ kind, metadata }) => kind !== "NetworkPolicy" || metadata.name.split("-to-")[0] !== name);

  test("a rule for everybody", () => {
    const open = change("s04-router", (spec) => spec.ingress.push({ ports: [{ protocol: "TCP", port: 8084 }] }));
    expect(edgesOf(open)).toEqual(expected);
    const both = change("s07-label", (spec) => spec.egress.push({ ports: [{ protocol: "TCP", port: 8084 }] }));
    const callees = both.map((each) =>
      each.metadata.name === "s04-router" && each.kind === "NetworkPolicy"
        ? open.find((other) => other.kind === "NetworkPolicy" && other.metadata.name === "s04-router")
        : each,
    ) as Manifest[];
    expect(edgesOf(callees)).toContain("s07-label>s04-router:8084");
    expect(outsideOf(both)["s07-label"]).toEqual([8084]);
  });
  test("a caller that is left out", () => {
    const shut = change("s04-router", (spec) => spec.ingress.pop());
    expect(edgesOf(shut)).not.toEqual(expected);
  });
  test("a unit without its policy, and a namespace without the one for all", () => {
    expect(ungoverned(without("s04-router"))).toEqual([
      "s04-router: no policy of its own for Ingress",
      "s04-router: no policy of its own for Egress",
    ]);
    expect(edgesOf(without("s04-router"))).not.toEqual(expected);
    const bare = without("s04-router").filter(({ metadata }) => metadata.name !== "default-deny");
    expect(edgesOf(bare, FOREIGN)).toContain("stranger>s04-router:8084");
  });
});

describe.skipIf(!hasKubectl)("rendered by kubectl", () => {
  const isNotLive = (edge: string) => edge.includes("venue") || edge.startsWith("restore>");

  test("paper: as declared, with the venue, and to no exchange", () => {
    const rendered = render("overlays/paper");
    expect(edgesOf(rendered)).toEqual(ofServices.toSorted());
    expect(outsideOf(rendered)).toEqual({ "s11-metrics": [443, 465, 587] });
    expect(ungoverned(rendered)).toEqual([]);
    expect(edgesOf(rendered, FOREIGN).filter((edge) => /^(ingress|prometheus|stranger)>/.test(edge))).toEqual([]);
  });

  test("live: as declared but for the venue; stores are in another namespace, people come by the ingress", () => {
    const rendered = render("overlays/live");
    const stores = Object.entries(STORES).map(([store, port]) => ({
      ...elsewhere(store, "stores", { "chimera.dev/store": store }, [port]),
      namespace: { "kubernetes.io/metadata.name": "stores", "chimera.dev/stores": "true" },
    }));
    const unlabelled = elsewhere("other", "stores", { "chimera.dev/store": "redis" }, [6379]);
    const found = edgesOf(rendered, [...FOREIGN, ...stores, unlabelled]);
    // To DNS everybody goes, by 53.
    const inner = found.filter((edge) => !edge.endsWith(">dns:53"));
    const around = ["ingress>s12-gateway:8443", "prometheus>s11-metrics:8091"];
    expect(inner).toEqual([...expected.filter((edge) => !isNotLive(edge)), ...around].sort());
    expect(outsideOf(rendered)).toEqual({
      "s01-exchange": [443, 9443],
      "s11-metrics": [443, 465, 587],
      backup: [443],
      "backup-prune": [443],
    });
    expect(ungoverned(rendered)).toEqual([]);
  });
});
