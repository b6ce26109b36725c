import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { constellation } from "../../shared/kit/constellation.ts";
import type { Net } from "../../shared/kit/ports.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { ROOT } from "../build.ts";
import { loadServices } from "../services.ts";
import { type CataloguedMetric, catalogueOf } from "./catalogue.ts";
import { DASHBOARDS, GRAFANA } from "./grafana-files.ts";
import { dashboardJson, SCHEMA_VERSION } from "./panel.ts";
import { type Asked, askedBy } from "./promql.fixture.ts";
import { alertGroups, FOLDER } from "./rule-files.ts";

/** What servers of others tell, by their own documentation: of MinIO's cluster metrics 2 and ArangoDB's metrics 2. */
const OF_OTHERS: Readonly<Record<string, readonly string[]>> = {
  up: ["job", "instance"],
  minio_cluster_drive_offline_total: ["job", "instance", "server"],
  minio_cluster_capacity_usable_free_bytes: ["job", "instance", "server"],
  minio_cluster_capacity_usable_total_bytes: ["job", "instance", "server"],
  minio_s3_requests_total: ["job", "instance", "server", "api"],
  minio_s3_requests_5xx_errors_total: ["job", "instance", "server", "api"],
  arangodb_http_request_statistics_total_requests_total: ["job", "instance"],
  arangodb_client_connection_statistics_total_time_bucket: ["job", "instance", "le"],
  arangodb_process_statistics_resident_set_size: ["job", "instance"],
  rocksdb_free_disk_space: ["job", "instance"],
};

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  labels?: Record<string, string>;
}
const rules: Rule[] = [];
for (const path of [...new Bun.Glob("*.yaml").scanSync(join(ROOT, FOLDER, "rules"))].sort()) {
  const file = parse(await Bun.file(join(ROOT, FOLDER, "rules", path)).text()) as { groups: { rules: Rule[] }[] };
  rules.push(...file.groups.flatMap((group) => group.rules));
}
const panels = DASHBOARDS.flatMap(({ uid, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ where: `${uid}: ${row.title}: ${panel.title}`, panel }))),
);

let labelsOf: ReadonlyMap<string, readonly string[]>;
let catalogue: CataloguedMetric[];

beforeAll(async () => {
  const away: Net = {
    fetch: () => Promise.reject(new Error("none")),
    connect: () => ({ send: () => {}, close: () => {} }),
  };
  const services = await loadServices();
  const world = simulatedWorld({ clock: new VirtualClock(0), net: away, seed: "catalogue" });
  const ids = services.map(({ id }) => id);
  const { hosted } = await constellation(services, ids, world);
  catalogue = catalogueOf(hosted);
  labelsOf = seriesOf(catalogue);
});

/** Every series' name with its labels: of the catalogue, of recording rules, of others' servers. */
function seriesOf(metrics: readonly CataloguedMetric[]): Map<string, readonly string[]> {
  const found = new Map(Object.entries(OF_OTHERS));
  for (const { name, type, labels } of metrics) {
    const told = [...labels, "job", "instance"];
    if (type !== "histogram") found.set(name, told);
    else {
      for (const end of ["_sum", "_count"]) found.set(name + end, told);
      found.set(`${name}_bucket`, [...told, "le"]);
    }
  }
  for (const { record, expr, labels = {} } of rules) {
    if (record !== undefined) found.set(record, [...Object.keys(labels), ...askedBy(expr).grouped]);
  }
  return found;
}

/** What it asks for that nobody tells. */
function unknownIn({ selectors, grouped }: Asked): string[] {
  const known = new Set(selectors.flatMap(({ metric }) => labelsOf.get(metric) ?? []));
  return [
    ...selectors.filter(({ metric }) => !labelsOf.has(metric)).map(({ metric }) => metric),
    ...selectors.flatMap(({ metric, labels }) =>
      labels.filter((label) => !labelsOf.get(metric)?.includes(label)).map((label) => `${metric}{${label}}`),
    ),
    ...grouped.filter((label) => !known.has(label)).map((label) => `by ${label}`),
  ];
}

describe("every metric and label is one that is told:", () => {
  test("by panels", () => {
    for (const { where, panel } of panels)
      for (const { expr } of panel.queries) expect([where, unknownIn(askedBy(expr))]).toEqual([where, []]);
  });
  test("by what panels call their series", () => {
    for (const { where, panel } of panels) {
      for (const { expr, legend } of panel.queries) {
        const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
        const { selectors, grouped } = askedBy(expr);
        const labels = [...grouped, ...selectors.flatMap(({ metric }) => labelsOf.get(metric) ?? [])];
        expect([where, named.filter((label) => !labels.includes(label))]).toEqual([where, []]);
      }
    }
  });
  test("by rules", () => {
    expect(rules.length).toBeGreaterThan(60);
    for (const { record, alert, expr } of rules)
      expect([record ?? alert, unknownIn(askedBy(expr))]).toEqual([record ?? alert, []]);
  });
  test("by the series of the alerts' proofs", async () => {
    for (const { name, proof } of (await alertGroups()).flatMap(({ alerts }) => alerts)) {
      const asked = proof.series.flatMap(([series]) => unknownIn(askedBy(series)));
      expect([name, asked]).toEqual([name, []]);
    }
  });
  test("by variables", () => {
    for (const { uid, variables } of DASHBOARDS)
      for (const { metric, of } of variables)
        expect([uid, metric, labelsOf.get(metric)?.includes(of)]).toEqual([uid, metric, true]);
  });
  test("and another would be found", () => {
    expect(unknownIn(askedBy("sum by (service, tenant) (rate(chimera_request_ms_count[5m]))"))).toEqual(["by tenant"]);
    expect(unknownIn(askedBy('chimera_orders_totals{kind="ENTRY"}'))).toEqual([
      ...["chimera_orders_totals", "chimera_orders_totals{kind}"],
    ]);
    expect(unknownIn(askedBy('chimera_orders_total{colour="red"}'))).toEqual(["chimera_orders_total{colour}"]);
    expect(() => askedBy("sum(rate(chimera_orders_total[5m])")).toThrow("no PromQL");
  });
});

test("metrics are named and described as Prometheus wants it", () => {
  for (const { name, type, help } of catalogue) {
    expect([name, type === "counter"]).toEqual([name, name.endsWith("_total")]);
    expect([name, /^chimera_[a-z][a-z0-9_]+$/.test(name)]).toEqual([name, true]);
    expect([name, help.length > 10, help.endsWith(" ms") && !name.includes("_ms")]).toEqual([name, true, false]);
    if (help.includes("USDT")) expect(name).toContain("_usdt");
  }
});

interface Placed {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { refId: string; datasource: { uid: string } }[];
  fieldConfig?: { defaults: { unit: string; thresholds: { steps: { value: number | null }[] } } };
}
describe.each(DASHBOARDS.map((each) => [each.uid, each] as const))("%s", (uid, dashboard) => {
  const json = dashboardJson(dashboard) as { panels: Placed[]; schemaVersion: number; templating: { list: unknown[] } };

  test("its panels have ids of their own, fit the page, and none is over another", () => {
    const ids = json.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [at, { gridPos: one, title }] of json.panels.entries()) {
      expect([title, one.x >= 0, one.x + one.w <= 24]).toEqual([title, true, true]);
      const over = json.panels.slice(at + 1).filter(({ gridPos: other }) => {
        const apart = one.x + one.w <= other.x || other.x + other.w <= one.x;
        return !(apart || one.y + one.h <= other.y || other.y + other.h <= one.y);
      });
      expect([title, over.map((each) => each.title)]).toEqual([title, []]);
    }
  });

  test("every panel says what it shows, in which unit, from the chosen source", () => {
    for (const { type, title, description, targets, fieldConfig, datasource } of json.panels) {
      expect(title).not.toBe("");
      if (type === "row") continue;
      expect([title, description?.endsWith("."), datasource?.uid]).toEqual([title, true, "$datasource"]);
      expect(fieldConfig?.defaults.unit).not.toBe("");
      const refs = targets?.map(({ refId }) => refId) ?? [];
      expect([title, refs.length > 0, new Set(refs).size]).toEqual([title, true, refs.length]);
      expect(targets?.every((target) => target.datasource.uid === "$datasource")).toBe(true);
      const limits = fieldConfig?.defaults.thresholds.steps.map(({ value }) => value ?? Number.NEGATIVE_INFINITY);
      expect([title, limits]).toEqual([title, limits?.toSorted((a, b) => a - b)]);
      expect([title, limits?.[0]]).toEqual([title, Number.NEGATIVE_INFINITY]);
    }
    expect([json.schemaVersion, dashboard.uid]).toEqual([SCHEMA_VERSION, uid]);
  });
});

test("Grafana is told where dashboards and Prometheus are, by the names that dashboards use", async () => {
  const read = async (path: string) => parse(await Bun.file(join(ROOT, GRAFANA, "provisioning", path)).text());
  const { datasources } = await read("datasources/prometheus.yaml");
  const { providers } = await read("dashboards/chimera.yaml");
  expect(datasources.map((each: { type: string; isDefault: boolean }) => [each.type, each.isDefault])).toEqual([
    ["prometheus", true],
  ]);
  expect(providers[0].options.path).toBe("/etc/grafana/dashboards");
});
