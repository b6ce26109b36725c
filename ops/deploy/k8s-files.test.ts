import { describe, expect, test } from "bun:test";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { envName, readSettings } from "../../shared/kit/settings.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { ROOT } from "../build.ts";
import { BACKUP_SETTINGS } from "../run/backup-settings.ts";
import { readGatewaySettings } from "../run/gateway-settings.ts";
import { makeSecrets } from "../run/new-secrets.ts";
import { readProcessSettings } from "../run/process-settings.ts";
import { readStoreSettings, STORE_SETTINGS } from "../run/store-settings.ts";
import { readWorkSettings } from "../run/work-settings.ts";
import { loadServices } from "../services.ts";
import { secretList, TLS_SECRETS } from "./k8s-components.ts";
import { allObjects, kubernetesParts } from "./k8s-files.ts";
import { readRules } from "./k8s-monitoring.ts";
import type { Manifest, Part } from "./k8s-objects.ts";
import {
  accounted,
  aimed,
  bounded,
  documented,
  drainable,
  gentle,
  type PolicyCheck,
  patient,
  pinned,
  probed,
  restricted,
  understood,
} from "./k8s-policies.fixture.ts";
import { hasKubectl, readObjects, render } from "./k8s-render.fixture.ts";
import { SHARDS } from "./k8s-scale.ts";
import { ofKind, specOf, workloadsOf } from "./k8s-view.fixture.ts";
import { shapeComplaints } from "./kubernetes-schema.fixture.ts";
import { deployedUnits } from "./units.ts";

const SECRET_CHARACTERS = 64;
const units = await deployedUnits();
const parts = kubernetesParts(units, await readRules());
const services = await loadServices();

/** What the reference tells, and what programs read by name. */
const sources = await Promise.all(
  ["docs/reference/settings.md", ...new Bun.Glob("ops/{run,cli,venue}/*.ts").scanSync(ROOT)]
    .filter((path) => !path.includes(".test.") && !path.includes(".fixture."))
    .map((path) => Bun.file(join(ROOT, path)).text()),
);
const read = new Set([
  ...sources.flatMap((text) => text.match(/\bCHIMERA_\w+/g) ?? []),
  ...[...Object.keys({ ...STORE_SETTINGS.shape, ...BACKUP_SETTINGS.shape }), "serviceKey", "installationTag"].map(
    (key) => `CHIMERA_${envName(key)}`,
  ),
]);
/** One that is a service's is taken for all services too, and the stores' for one service. */
const isSetting = (name: string): boolean =>
  read.has(name) ||
  /^CHIMERA_URL_S(0[1-9]|1[0-2])$/.test(name) ||
  [...read].some((each) => each.replace(/^CHIMERA_S\d\d_/, "CHIMERA_") === name) ||
  (/^CHIMERA_S\d\d_ARANGO_PASSWORD$/.test(name) && read.has("CHIMERA_ARANGO_PASSWORD"));

const told = new Set(secretList(units).map(({ secret, key }) => `${secret}/${key}`));
const isTold = (secret: string, key: string | undefined): boolean =>
  (key === undefined ? [...told].some((each) => each.startsWith(`${secret}/`)) : told.has(`${secret}/${key}`)) ||
  TLS_SECRETS.some((each) => each.secret === secret);

/** By what it says of whatever passes. */
const POLICIES: Readonly<Record<string, PolicyCheck>> = {
  "is what Kubernetes takes": shapeComplaints,
  "runs with no rights": restricted,
  "is bounded": bounded,
  "is probed": probed,
  "is ended with patience": patient,
  "is rolled out gently": gentle(["s12-gateway"]),
  "has an account of its own": accounted,
  "is found by its labels, alone": aimed,
  "lets nodes be emptied": drainable,
  "has secrets that people are told of, in files": documented(isTold),
  "is told what it understands": understood(isSetting),
};
const complaints = (objects: readonly Manifest[]) => Object.values(POLICIES).flatMap((check) => check(objects));

const handWritten = ["base/namespace", "components/stores/redis", "components/stores/arango", "components/stores/s3"];
const written = (
  await Promise.all(handWritten.map((path) => Bun.file(join(ROOT, `ops/k8s/${path}.yaml`)).text()))
).flatMap(readObjects);
const generated = [...allObjects(parts), ...written];

describe("what is generated, and the stores", () => {
  // The autoscalers come with a patch that leaves the number of pods to them.
  const unscaled = generated.filter(({ kind }) => kind !== "HorizontalPodAutoscaler");
  for (const [name, check] of Object.entries(POLICIES)) test(name, () => expect(check(unscaled)).toEqual([]));
  test("there is a Deployment for every service", () => {
    const names = ofKind(generated, "Deployment").map(({ metadata }) => metadata.name);
    expect(names.toSorted()).toEqual(services.map(({ name }) => name).toSorted());
  });
});

/** A copy with the value at the path replaced; the path starts at the object of that kind and name. */
function broken(kind: string, name: string, [path, value]: [string, unknown]): Manifest[] {
  const copy = structuredClone(generated.filter((each) => each.kind !== "HorizontalPodAutoscaler")) as Manifest[];
  const object = copy.find((each) => each.kind === kind && each.metadata.name === name);
  if (!object) throw new Error(`There is no ${kind} ${name}`);
  const steps = path.split("/");
  const last = steps.pop() as string;
  const at = steps.reduce<Record<string, unknown>>(
    (from, step) => from[step] as Record<string, unknown>,
    object as unknown as Record<string, unknown>,
  );
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}
const POD = "spec/template/spec";
const CONTAINER = `${POD}/containers/0`;
type Breaking = [kind: string, name: string, change: [path: string, value: unknown], said: string];
const breakings: Record<string, Breaking[]> = {
  "is what Kubernetes takes": [
    ["Deployment", "s04-router", ["spec/minReadySecond", 10], "minReadySecond"],
    ["Deployment", "s04-router", ["spec/replicas", "two"], "must be integer"],
    ["Service", "s04-router", ["spec/ports/0/port", undefined], "must have required property 'port'"],
    ["Service", "s04-router", ["kind", "Sevice"], "no kind"],
    ["NetworkPolicy", "s04-router", ["spec/ingress/0/form", []], "form"],
    ["ServiceMonitor", "chimera", ["spec/endpoints/0/intervall", "1s"], "intervall"],
  ],
  "runs with no rights": [
    ["Deployment", "s04-router", [`${POD}/securityContext/runAsNonRoot`, undefined], "may run as root"],
    ["Deployment", "s04-router", [`${POD}/securityContext/runAsUser`, 0], "may run as root"],
    ["Deployment", "s04-router", [`${POD}/securityContext/seccompProfile`, undefined], "not filtered"],
    ["Deployment", "s04-router", [`${POD}/hostNetwork`, true], "something of the node"],
    ["Deployment", "s04-router", [`${POD}/automountServiceAccountToken`, undefined], "token"],
    ["Deployment", "s04-router", [`${POD}/volumes/0`, { name: "x", hostPath: { path: "/" } }], "not its own"],
    ["Deployment", "s04-router", [`${POD}/volumes/0/emptyDir`, {}], "no limit"],
    ["StatefulSet", "redis", [`${CONTAINER}/securityContext/allowPrivilegeEscalation`, undefined], "privileges"],
    ["Job", "init", [`${CONTAINER}/securityContext/readOnlyRootFilesystem`, false], "can be written"],
    ["StatefulSet", "venue", [`${CONTAINER}/securityContext/capabilities/drop`, []], "keeps capabilities"],
    ["Deployment", "s04-router", [`${CONTAINER}/ports/0/hostPort`, 80], "port of the node"],
  ],
  "is bounded": [
    ["Deployment", "s04-router", [`${CONTAINER}/resources/limits/memory`, undefined], "no limit of memory"],
    ["Deployment", "s04-router", [`${CONTAINER}/resources/requests/cpu`, undefined], "no cpu is promised"],
    ["Deployment", "s04-router", [`${CONTAINER}/resources/requests/memory`, "2Gi"], "more memory is promised"],
  ],
  "is probed": [
    ["Deployment", "s04-router", [`${CONTAINER}/readinessProbe`, undefined], "no readinessProbe"],
    ["StatefulSet", "arango", [`${CONTAINER}/startupProbe`, undefined], "no startupProbe"],
  ],
  "is ended with patience": [
    ["Deployment", "s04-router", [`${CONTAINER}/livenessProbe/httpGet/path`, "/ready"], "more than an answer"],
    ["Deployment", "s04-router", [`${CONTAINER}/readinessProbe/httpGet/path`, "/health"], "dependencies"],
    ["Deployment", "s04-router", [`${CONTAINER}/livenessProbe/failureThreshold`, 1], "minute of silence"],
    ["Deployment", "s04-router", [`${POD}/terminationGracePeriodSeconds`, 30], "no time to end"],
  ],
  "is rolled out gently": [
    ["Deployment", "s04-router", ["spec/strategy/rollingUpdate/maxUnavailable", 1], "before others are ready"],
    ["Deployment", "s12-gateway", ["spec/strategy/rollingUpdate/maxSurge", 1], "two at once"],
    ["Deployment", "s04-router", ["spec/minReadySeconds", 0], "has settled"],
  ],
  "has an account of its own": [
    ["Deployment", "s04-router", [`${POD}/serviceAccountName`, "default"], "is not there"],
    ["Deployment", "s04-router", [`${POD}/serviceAccountName`, "s03-strategy"], "shares its account"],
    ["ServiceAccount", "s04-router", ["automountServiceAccountToken", true], "hands out tokens"],
    ["ServiceAccount", "s04-router", ["kind", "ClusterRoleBinding"], "grants rights"],
  ],
  "is found by its labels, alone": [
    ["Service", "s04-router", ["spec/selector", { "app.kubernetes.io/part-of": "chimera" }], "selects pods of"],
    ["PodDisruptionBudget", "s04-router", ["spec/selector/matchLabels/x", "y"], "pods of 0 workloads"],
    ["NetworkPolicy", "s04-router", ["spec/podSelector/matchLabels/x", "y"], "pods of 0 workloads"],
  ],
  "lets nodes be emptied": [
    ["PodDisruptionBudget", "s04-router", ["spec/maxUnavailable", 0], "no pod may ever"],
    ["PodDisruptionBudget", "s04-router", ["spec/maxUnavailable", 2], "all pods may be taken"],
    ["PodDisruptionBudget", "s04-router", ["kind", "Other"], "has 0 budgets"],
  ],
  "has secrets that people are told of, in files": [
    ["Deployment", "s04-router", [`${POD}/volumes/2/projected/sources/0/secret/name`, "other"], "nobody is told"],
    ["Deployment", "s04-router", [`${CONTAINER}/envFrom/1`, { secretRef: { name: "chimera-s3" } }], "a whole Secret"],
    [
      ...(["Deployment", "s04-router"] as const),
      [`${CONTAINER}/env/0`, { name: "A", valueFrom: { secretKeyRef: { name: "a", key: "b" } } }],
      "in the environment",
    ],
  ],
  "is told what it understands": [
    ["Deployment", "s04-router", [`${CONTAINER}/env/0`, { name: "CHIMERA_SERVCE_KEY", value: "" }], "nothing reads it"],
    ["Deployment", "s04-router", [`${CONTAINER}/env/0/value`, "/run/secrets/none"], "its file is not there"],
  ],
};

describe("each of these bites", () => {
  for (const [policy, cases] of Object.entries(breakings)) {
    for (const [kind, name, change, said] of cases) {
      test(`${policy}: ${kind} ${name} with ${change[0]} = ${JSON.stringify(change[1])}`, () => {
        expect(POLICIES[policy]?.(broken(kind, name, change)).join("\n")).toContain(said);
      });
    }
  }
  test("every policy is among them", () => {
    expect(Object.keys(breakings)).toEqual(Object.keys(POLICIES));
  });
});

describe.skipIf(!hasKubectl)("rendered by kubectl", () => {
  const settings = (objects: readonly Manifest[]) =>
    (ofKind(objects, "ConfigMap")[0] as unknown as { data: Record<string, string> }).data;

  for (const overlay of ["paper", "live"]) {
    test(`all of this holds of overlay ${overlay}, with images of one version`, () => {
      const objects = render(`overlays/${overlay}`);
      expect([...complaints(objects), ...pinned(objects)]).toEqual([]);
      expect(
        objects.every(
          ({ kind, metadata }) => kind === "Namespace" || kind === "PriorityClass" || metadata.namespace === "chimera",
        ),
      ).toBe(true);
    });
  }

  test("live: no venue, two persons, encryption everywhere, two pods of what trades, before others", () => {
    const objects = render("overlays/live");
    const data = settings(objects);
    const names = workloadsOf(objects).map(({ name }) => name);
    expect(names).not.toContain("venue");
    expect(names).not.toContain("redis");
    expect(ofKind(objects, "Secret")).toEqual([]);
    expect(data).toMatchObject({ CHIMERA_MODE: "live", CHIMERA_S12_APPROVALS: "two" });
    expect(Object.keys(data).filter((name) => name.startsWith("CHIMERA_VENUE"))).toEqual([]);
    const plain = Object.entries(data).filter(([, value]) => /^(http|redis|ws):/.test(value));
    expect(plain).toEqual([]);
    for (const { name, pod, labels, replicas } of workloadsOf(objects)) {
      if (labels["app.kubernetes.io/component"] !== "service") continue;
      expect([name, pod.priorityClassName]).toEqual([name, "chimera-trading"]);
      expect([name, (replicas ?? 2) >= 2 || name === "s12-gateway"]).toEqual([name, true]);
      const probe = pod.containers[0]?.readinessProbe as { httpGet: { scheme?: string } };
      expect([name, probe.httpGet.scheme]).toEqual([name, "HTTPS"]);
    }
  });

  test("live: people come by the ingress over TLS to the gateway's public port", () => {
    const objects = render("overlays/live");
    const [ingress] = ofKind(objects, "Ingress").map((each) =>
      specOf<{
        tls: { hosts: string[] }[];
        rules: {
          host: string;
          http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] };
        }[];
      }>(each),
    );
    expect(ingress?.rules.map(({ host }) => host)).toEqual(ingress?.tls.flatMap(({ hosts }) => hosts) ?? []);
    const [backend] = ingress?.rules[0]?.http.paths ?? [];
    expect(backend?.backend.service).toEqual({ name: "gateway", port: { name: "https" } });
    const host = ingress?.rules[0]?.host ?? "";
    expect(settings(objects).CHIMERA_PUBLIC_URL).toBe(`https://${host}`);
  });

  for (const overlay of ["paper", "live"]) {
    test(`${overlay}: services take their environments`, () => {
      const objects = render(`overlays/${overlay}`);
      for (const service of services) {
        const [pod] = workloadsOf(objects).flatMap(({ name, pod: of }) => (name === service.name ? of : []));
        const own = pod?.containers[0]?.env ?? [];
        const secret = "s".repeat(SECRET_CHARACTERS);
        const given = own.map(({ name, value }) =>
          name.endsWith("_FILE") ? [name.slice(0, -5), secret] : [name, value],
        );
        const env = { ...settings(objects), ...Object.fromEntries(given), CHIMERA_INSTALLATION_TAG: "ab12" };
        expect(() => readSettings(service, env)).not.toThrow();
        expect(readProcessSettings(env)).toMatchObject({ bind: "0.0.0.0", logTo: "stdout", shards: SHARDS });
        expect(readStoreSettings(env)).toMatchObject({ store: "arango", blobs: "s3", arangoPassword: secret });
        expect(readWorkSettings(env).work).toBe(overlay === "live" ? "queue" : "threads");
        expect(readGatewaySettings(env).open).toEqual(
          service.id === "s12" ? { host: "0.0.0.0", port: 8443, tls: { files: undefined, names: [] } } : undefined,
        );
      }
    });
  }

  test("paper: one pod of each, the venue, and stores in the namespace", () => {
    const objects = render("overlays/paper");
    const lasting = workloadsOf(objects).filter(({ isLasting }) => isLasting);
    expect(lasting.map(({ name }) => name).toSorted()).toEqual(
      [...units.map(({ name }) => name), "redis", "arango", "s3"].toSorted(),
    );
    expect(lasting.filter(({ replicas }) => replicas !== 1)).toEqual([]);
    expect(settings(objects)).toMatchObject({ CHIMERA_MODE: "paper", CHIMERA_VENUE_SPOT_URL: "http://venue:8093" });
  });
});

test("no service runs while the stores are filled from a backup", () => {
  const { replicas } = (parts["components/restore"] as Part).kustomization as { replicas: object[] };
  expect(replicas).toEqual(services.map(({ name }) => ({ name, count: 0 })));
});

test("the secrets for trying out are files that `./chimera secrets make` makes", async () => {
  const folder = newFolder();
  try {
    const owners = units.flatMap(({ id }) => (id === "venue" ? [] : [id]));
    const made = await makeSecrets(folder, { hosts: ["s01-exchange"], owners, now: Date.UTC(2026, 0, 1) });
    const names = new Set(made.map(({ file }) => `files/${basename(file)}`));
    const { secretGenerator } = (parts["components/secrets"] as Part).kustomization as {
      secretGenerator: { files: string[] }[];
    };
    const wanted = secretGenerator.flatMap(({ files }) => files.map((each) => each.replace(/^.*=/, "")));
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((file) => !names.has(file))).toEqual([]);
  } finally {
    removeFolder(folder);
  }
});

test("literals of components are spelt as they are read", () => {
  type Generators = { configMapGenerator?: { literals: string[] }[] };
  const kustomizations = Object.values(parts).map(({ kustomization }) => kustomization as Generators);
  const all = kustomizations.flatMap(({ configMapGenerator = [] }) =>
    configMapGenerator.flatMap((each) => each.literals),
  );
  const names = all.map((literal) => literal.replace(/=.*$/, ""));
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !isSetting(name))).toEqual([]);
});

test("what overlays set is spelt as it is read", async () => {
  const paper = parse(await Bun.file(join(ROOT, "ops/k8s/overlays/paper/kustomization.yaml")).text()) as {
    configMapGenerator: { literals: string[] }[];
  };
  const live = (await Bun.file(join(ROOT, "ops/k8s/overlays/live/settings.env")).text()).trim().split("\n");
  const names = [...(paper.configMapGenerator[0]?.literals ?? []), ...live].map((line) => line.replace(/=.*$/, ""));
  expect(names.filter((name) => !isSetting(name))).toEqual([]);
  expect(isSetting("CHIMERA_S12_APPROVAL")).toBe(false);
});
