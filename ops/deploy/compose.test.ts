import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEndpoint } from "../../shared/adapters/redis/endpoint.ts";
import { startOrder } from "../../shared/kit/constellation.ts";
import { readSettings } from "../../shared/kit/settings.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { ROOT } from "../build.ts";
import { makeSecrets } from "../run/new-secrets.ts";
import { readProcessSettings } from "../run/process-settings.ts";
import { readStoreSettings } from "../run/store-settings.ts";
import { loadServices } from "../services.ts";
import { composeFiles } from "./compose.ts";
import { complaintsOf, laidOver, type Parsed, type Parts, RULES, read } from "./compose-policies.fixture.ts";
import { shapeComplaints } from "./compose-shape.fixture.ts";
import { deployedUnits } from "./units.ts";

const at = (name: string) => join(ROOT, "ops/compose", name);
const main = read(at("compose.yaml"));
const over = read(at("compose.cluster.yaml"));
const cluster = laidOver(main, over);
const tests = read(at("compose.test.yaml"));
const services = await loadServices();
const units = await deployedUnits();

test("the files are what the declarations make", async () => {
  for (const [path, text] of Object.entries(await composeFiles())) {
    expect([path, readFileSync(join(ROOT, path), "utf8")]).toEqual([path, text]);
  }
});

test.each([
  ["compose.yaml", main],
  ["compose.cluster.yaml", over],
  ["both together", cluster],
  ["compose.test.yaml", tests],
])("%s keeps the Compose Specification", (_, file) => {
  expect(shapeComplaints(file)).toEqual([]);
});

test("the Compose Specification is kept by no file with a slip", () => {
  expect(shapeComplaints({ services: { a: { image: "a:1", healtcheck: {} } } })).not.toEqual([]);
  expect(shapeComplaints({ services: { a: { depends_on: { b: { condition: "well" } } } } })).not.toEqual([]);
  expect(shapeComplaints({ services: { a: { image: "a:1", mem_limit: "12 apples" } } })).not.toEqual([]);
  expect(shapeComplaints({ services: { a: { image: "a:1", healthcheck: { interval: "15" } } } })).not.toEqual([]);
  expect(shapeComplaints({ services: {}, secret: {} })).not.toEqual([]);
});

describe("every container", () => {
  /** Servers of a test run are gone with it, and nobody else reaches them: their passwords are no secrets. */
  const UNLESS_TESTS = ["has its secrets in files"];
  for (const rule of Object.keys(RULES)) {
    test(rule, () => {
      expect(complaintsOf(rule, main)).toEqual([]);
      expect(complaintsOf(rule, cluster)).toEqual([]);
      if (!UNLESS_TESTS.includes(rule)) expect(complaintsOf(rule, tests)).toEqual([]);
    });
  }

  const broken: readonly [string, string, Parts][] = [
    ["runs as somebody without rights", "redis", { user: "0:0" }],
    ["runs as somebody without rights", "redis", { user: "root" }],
    ["writes nowhere but where it is told", "s04-router", { read_only: false }],
    ["has no capability", "venue", { cap_add: ["NET_ADMIN"] }],
    ["gains no privilege", "minio", { security_opt: [] }],
    ["shares nothing with the host", "grafana", { volumes: ["/var/run/docker.sock:/var/run/docker.sock"] }],
    ["shares nothing with the host", "grafana", { network_mode: "host" }],
    ["has an end to what it takes", "arangodb", { mem_limit: undefined }],
    ["keeps its log small", "s12-gateway", { logging: { driver: "json-file" } }],
    ["is of one version", "prometheus", { image: "prom/prometheus:latest" }],
    ["is of one version", "prometheus", { image: "prom/prometheus" }],
    ["publishes on loopback alone", "s12-gateway", { ports: ["8092:8092"] }],
    ["publishes on loopback alone", "s12-gateway", { ports: ["0.0.0.0:8092:8092"] }],
    ["says how it is", "s07-label", { healthcheck: undefined }],
    ["has its secrets in files", "s01-exchange", { environment: { CHIMERA_S01_API_SECRET: "x" } }],
    ["is handed what it names", "s01-exchange", { secrets: [] }],
    ["waits for what is well, and is there", "s04-router", { depends_on: { redis: { condition: "service_started" } } }],
    ["waits for what is well, and is there", "s04-router", { depends_on: { mongo: { condition: "service_healthy" } } }],
    ["names only what the file has", "s04-router", { networks: ["front"] }],
    ["gets out only where it has to", "s04-router", { networks: ["back", "exchange"] }],
  ];
  test.each(broken)("one for which it does not hold that it %s is found: %s", (rule, name, change) => {
    const file = { ...main, services: { ...main.services, [name]: { ...main.services[name], ...change } } } as Parsed;
    expect(complaintsOf(rule, file).map((said) => said.split(":")[0])).toEqual([name]);
  });
  test("each rule is tried on a broken copy", () => {
    expect(Object.keys(RULES).filter((rule) => !broken.some(([of]) => of === rule))).toEqual([]);
  });
});

const envOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(at(name), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

describe("what services read", () => {
  test.each(["paper", "testnet", "live"])("is right in %s mode", (mode) => {
    for (const service of services) {
      const own = main.services[service.name]?.environment ?? {};
      const given = Object.keys(own).map((name) => [
        name.replace(/_FILE$/, ""),
        /_TAG/.test(name) ? "ab12" : "x".repeat(32),
      ]);
      const env = { ...envOf("services.env"), ...envOf(`${mode}.env`), ...Object.fromEntries(given) };
      expect(env.CHIMERA_MODE).toBe(mode);
      readSettings(service, env);
      expect(readProcessSettings(env)).toMatchObject({ bind: "0.0.0.0", logTo: "stdout", shards: 4 });
      expect(readStoreSettings(env)).toMatchObject({ store: "arango", blobs: "s3" });
    }
  });
  test("names each of them, and is where the others are told to look", () => {
    const env = envOf("services.env");
    for (const { id, name, ports } of units.filter((unit) => unit.id !== "venue")) {
      expect(env[`CHIMERA_URL_${id.toUpperCase()}`]).toBe(`http://${name}:${ports[0]}`);
      expect(main.services[name]?.command).toEqual(["service", name]);
    }
  });
  test("holds no secret", () => {
    for (const name of ["services.env", "paper.env", "testnet.env", "live.env"]) {
      expect(Object.keys(envOf(name)).filter((key) => /KEY|SECRET|PASSWORD|TOKEN/.test(key))).toEqual([]);
    }
  });
  test("is what ./chimera secrets make makes", async () => {
    const folder = newFolder();
    try {
      const owners = services.map(({ id }) => id);
      const made = await makeSecrets(folder, { hosts: [], owners, now: Date.now() });
      const files = made.map(({ file }) => file.slice(folder.length + 1));
      expect(Object.keys(cluster.secrets ?? {}).filter((name) => !files.includes(name))).toEqual([]);
    } finally {
      removeFolder(folder);
    }
  });
});

test("services start in the order of the constellation, after the stores and their init", () => {
  const order = startOrder(services).map((id) => services.find((each) => each.id === id)?.name as string);
  const listed = Object.keys(main.services).filter((name) => order.includes(name));
  expect(listed).toEqual(order);
  for (const [at, name] of order.entries()) {
    const on = Object.keys(main.services[name]?.depends_on ?? {});
    expect(on).toEqual(expect.arrayContaining(["redis", "arangodb", "minio", "init"]));
    const later = on.filter((other) => order.includes(other) && order.indexOf(other) >= at);
    expect(later).toEqual([]);
  }
  expect(main.services["s01-exchange"]?.depends_on?.venue).toEqual({ condition: "service_healthy", required: false });
});

test("loopback has the documented ports, and the venue is there for paper alone", () => {
  const published = Object.values(main.services).flatMap(({ ports = [] }) =>
    ports.map((port) => Number(port.split(":")[1])),
  );
  const documented = services.map(({ port }) => port);
  expect(published.sort((a, b) => a - b)).toEqual([3000, ...documented, 9090].sort((a, b) => a - b));
  const inLive = Object.entries(main.services).filter(([, { profiles = [] }]) => !profiles.includes("live"));
  expect(inLive.map(([name]) => name)).toEqual(["venue"]);
});

test("a cluster may lose a part: of sentinels, of ArangoDB, of drives, and one of each service's two", () => {
  expect(readEndpoint(String(cluster.services["s04-router"]?.environment?.CHIMERA_REDIS_URL))).toMatchObject({
    kind: "sentinel",
    master: "chimera",
    sentinels: [{ host: "sentinel-1" }, { host: "sentinel-2" }, { host: "sentinel-3" }],
  });
  expect(Object.keys(cluster.services).filter((name) => name.startsWith("arangodb"))).toHaveLength(4);
  expect(cluster.services.minio?.command?.filter((word) => word.startsWith("/drive"))).toHaveLength(4);
  const replicas = Object.entries(cluster.services).flatMap(([name, { deploy }]) =>
    (deploy as { replicas?: number } | undefined)?.replicas === 2 ? [name] : [],
  );
  expect(replicas.sort()).toEqual(services.filter(({ id }) => id !== "s12").map(({ name }) => name));
});

test("a machine with two processors and little memory is enough: Docker refuses a share of more than there are", () => {
  for (const file of [main, cluster, tests]) {
    const most = Math.max(...Object.values(file.services).map(({ cpus }) => Number(cpus)));
    expect(most).toBeLessThanOrEqual(2);
  }
  const promised = Object.values(main.services).map((parts) => Number.parseInt(String(parts.mem_reservation), 10));
  expect(promised.reduce((sum, each) => sum + each, 0)).toBeLessThan(7_000);
});
