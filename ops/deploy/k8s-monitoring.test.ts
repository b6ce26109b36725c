import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../build.ts";
import { JOB, monitoringPart, readRules } from "./k8s-monitoring.ts";
import { hasKubectl, render } from "./k8s-render.fixture.ts";
import { ofKind, specOf } from "./k8s-view.fixture.ts";
import { deployedUnits } from "./units.ts";

const RULES = join(ROOT, "ops/monitoring/prometheus/rules");
interface Monitor {
  endpoints: {
    scheme?: string;
    relabelings: { action: string; targetLabel?: string; replacement?: string; regex?: string }[];
    tlsConfig?: object;
  }[];
}

test("every file of rules is one object, word for word", async () => {
  const rules = await readRules();
  const { files } = monitoringPart(await deployedUnits(), rules);
  const objects = (files["rules.yaml"] ?? []) as { metadata: { name: string }; spec: { groups: object[] } }[];
  const paths = [...new Bun.Glob("*.yaml").scanSync(RULES)].toSorted();
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(paths.map((path) => `chimera-${path.slice(0, -5)}`));
  for (const [at, path] of paths.entries()) {
    expect(objects[at]?.spec).toEqual(parse(await Bun.file(join(RULES, path)).text()));
  }
});

test("rules find the job under the name that it is scraped by", async () => {
  const text = JSON.stringify(await readRules());
  const jobs = new Set([...text.matchAll(/job=\\"(\w+)/g)].map(([, job]) => job));
  expect([...jobs].filter((job) => job !== "arangodb" && job !== "minio")).toEqual(jobs.size === 0 ? [] : [JOB]);
  const { files } = monitoringPart(await deployedUnits(), []);
  const [monitor] = files["scraping.yaml"] as unknown as { spec: Monitor }[];
  const { relabelings = [] } = monitor?.spec.endpoints[0] ?? {};
  expect(relabelings).toContainEqual({ action: "replace", targetLabel: "job", replacement: JOB });
});

test("two pods of S11, which tell the same, are one to Prometheus", async () => {
  const { files } = monitoringPart(await deployedUnits(), []);
  const [monitor] = files["scraping.yaml"] as unknown as { spec: Monitor }[];
  const { relabelings = [] } = monitor?.spec.endpoints[0] ?? {};
  // What the operator gives each target.
  const ofTarget = (pod: string) => ({
    pod,
    container: "service",
    endpoint: "http",
    service: "s11-metrics",
    instance: pod,
  });
  const relabelled = (labels: Record<string, string>) => {
    const kept = new Map(Object.entries(labels));
    for (const { action, targetLabel = "", replacement = "", regex } of relabelings) {
      if (action === "replace") kept.set(targetLabel, replacement);
      else for (const name of kept.keys()) if (new RegExp(`^(${regex})$`).test(name)) kept.delete(name);
    }
    return Object.fromEntries(kept);
  };
  expect(relabelled(ofTarget("a"))).toEqual({ job: JOB, instance: "s11-metrics:8091" });
  expect(relabelled(ofTarget("a"))).toEqual(relabelled(ofTarget("b")));
});

test.skipIf(!hasKubectl)("where services speak TLS, Prometheus does too, and knows the authority", () => {
  const [monitor] = ofKind(render("overlays/live"), "ServiceMonitor").map((each) => specOf<Monitor>(each));
  expect(monitor?.endpoints[0]).toMatchObject({
    scheme: "https",
    tlsConfig: { serverName: "s11-metrics", ca: { secret: { name: "chimera-service-tls", key: "ca.crt" } } },
  });
});
