import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pkg from "../../package.json";
import { ROOT } from "../build.ts";
import { IMAGES } from "./compose-parts.ts";
import { read } from "./compose-policies.fixture.ts";

const path = (name: string) => join(ROOT, name);
const dockerfile = readFileSync(path("ops/compose/Dockerfile"), "utf8").replaceAll("\\\n", " ");
const steps = dockerfile.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const argument = (name: string) => new RegExp(`^ARG ${name}=(.*)$`, "m").exec(dockerfile)?.[1] ?? "";
interface Stage {
  base: string;
  name: string;
  steps: string[];
}
const stages = steps.reduce<Stage[]>((all, line) => {
  const [, base, name = ""] = /^FROM (\S+)(?: AS (\S+))?$/.exec(line) ?? [];
  if (base !== undefined) all.push({ base, name, steps: [] });
  else all.at(-1)?.steps.push(line);
  return all;
}, []);
const stage = (name: string) => stages.find((each) => each.name === name) as Stage;
const said = (name: string, what: string): string | undefined =>
  stage(name).steps.findLast((line) => line.startsWith(`${what} `));
/** Those that are run. */
const FINAL = ["chimera", "redis", "minio", "tests"];

describe("the Dockerfile", () => {
  test("begins with images of one version, by arguments that can pin them further", () => {
    const bases = stages.map(({ base }) => /^\$\{(\w+)\}$/.exec(base)?.[1] ?? base);
    const outer = bases.filter((base) => !stages.some(({ name }) => name === base));
    for (const base of outer)
      expect([base, argument(base)]).toEqual([base, expect.stringMatching(/^[\w./]+:\d+\.\d+[\w.-]*$/)]);
  });
  test("is read by Docker's own builder: no program from a registry makes the images", () => {
    expect(dockerfile).not.toMatch(/^#\s*syntax\s*=/m);
  });
  test("has the runtime and the version that this repository names", () => {
    const launcher = /^BUN_VERSION=(.*)$/m.exec(readFileSync(path("chimera"), "utf8"))?.[1];
    expect(argument("BUN_IMAGE")).toBe(`oven/bun:${launcher}-slim`);
    expect(dockerfile).toContain(`org.opencontainers.image.version="${pkg.version}"`);
    expect(IMAGES.chimera).toContain(`chimera:${pkg.version}`);
  });
  test.each(FINAL)("%s runs as somebody without rights", (name) => {
    expect(said(name, "USER")).toBe("USER 1000:1000");
  });
  test("installs by the lockfile, for production, and runs nobody's scripts", () => {
    const install = stage("packages").steps.find((line) => line.includes("bun install"));
    for (const how of ["--production", "--frozen-lockfile", "--ignore-scripts"]) expect(install).toContain(how);
  });
  test("takes the built copy alone into the image, with its commit, its date and a check", () => {
    const copied = stage("chimera").steps.filter((line) => /^(COPY|ADD) /.test(line));
    expect(copied).toEqual(["COPY --from=built /app /app"]);
    expect(said("chimera", "HEALTHCHECK")).toContain("ops/compose/probe.ts");
    expect(said("chimera", "ENV")).toMatch(/CHIMERA_GIT_COMMIT="\$\{CHIMERA_GIT_COMMIT\}".*CHIMERA_BUILT_AT=/);
    expect(said("chimera", "LABEL")).toContain("org.opencontainers.image.revision");
  });
  test("holds no secret, and neither does what it is made from", () => {
    const names = [...dockerfile.matchAll(/^(?:ARG|ENV) (\w+)/gm)].map(([, name]) => name as string);
    expect(names.filter((name) => /KEY|SECRET|PASSWORD|TOKEN/.test(name))).toEqual([]);
    const ignored = readFileSync(path(".dockerignore"), "utf8").split("\n");
    expect(ignored).toContain("*");
    for (const secret of ["ops/compose/secrets", "ops/compose/.env"]) expect(ignored).toContain(secret);
    expect(ignored.filter((line) => /^!(\.git|data|node_modules)/.test(line))).toEqual([]);
  });
  test("finds every file that it names", () => {
    const named = [...dockerfile.matchAll(/ops\/compose\/[\w.-]+/g)].map(([name]) => name);
    expect(named.filter((name) => !existsSync(path(name)))).toEqual([]);
  });
  test("has every target that compose builds", () => {
    const files = ["compose.yaml", "compose.cluster.yaml", "compose.test.yaml"].map((name) =>
      read(path(`ops/compose/${name}`)),
    );
    const targets = files.flatMap(({ services }) =>
      Object.values(services).flatMap(({ build }) => (build as { target: string } | undefined)?.target ?? []),
    );
    expect([...new Set(targets)].sort()).toEqual([...FINAL].sort());
  });
});

test("the suites that a test run names are there", () => {
  const [bun, what, ...files] = read(path("ops/compose/compose.test.yaml")).services.tests?.command ?? [];
  expect([bun, what]).toEqual(["bun", "test"]);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(path(file)))).toEqual([]);
});
