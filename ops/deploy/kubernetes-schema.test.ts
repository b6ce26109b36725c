import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { type Manifest, yamlText } from "./k8s-objects.ts";
import { hasKubectl, render } from "./k8s-render.fixture.ts";
import { shapeComplaints } from "./kubernetes-schema.fixture.ts";
import { tidied } from "./kubernetes-schema.ts";

/** `go install sigs.k8s.io/kubectl-validate@v0.0.4` makes it: Kubernetes' own schemas and the rules written in them. */
const validator = [Bun.which("kubectl-validate"), join(homedir(), "go/bin/kubectl-validate")].find(
  (path): path is string => path !== null && existsSync(path),
);
const canValidate = validator !== undefined && hasKubectl;
if (!canValidate) console.log("skipped: needs kubectl-validate");

/** What it has no definitions of. */
const isCustom = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith("monitoring.coreos.com/");

function validated(objects: readonly Manifest[]): { code: number; said: string } {
  const folder = newFolder();
  try {
    const file = join(folder, "objects.yaml");
    writeFileSync(file, yamlText(objects));
    const { exitCode, stdout, stderr } = Bun.spawnSync([validator as string, file, "--version", "1.30"]);
    return { code: exitCode, said: `${stdout}${stderr}` };
  } finally {
    removeFolder(folder);
  }
}

const withTypo = (objects: readonly Manifest[]): Manifest[] =>
  objects.map((each) =>
    each.kind === "Deployment" ? { ...each, spec: { ...(each.spec as object), minReadySecond: 1 } } : each,
  );

test.skipIf(!canValidate)("Kubernetes' own schemas take what is rendered, and not what is misspelt", () => {
  for (const overlay of ["paper", "live"]) {
    const objects = render(`overlays/${overlay}`).filter((each) => !isCustom(each));
    expect([overlay, validated(objects).code]).toEqual([overlay, 0]);
    expect(validated(withTypo(objects)).said).toContain("minReadySecond");
  }
});

test("a shape is stricter than its source: fields that it does not tell of are refused, and texts are gone", () => {
  const met: string[] = [];
  const source = {
    description: "A pod.",
    type: "object",
    properties: {
      description: { type: "string", description: "Told of." },
      spec: { allOf: [{ $ref: "#/components/schemas/io.k8s.api.core.v1.PodSpec" }], default: {}, description: "What." },
      port: { "x-kubernetes-int-or-string": true },
      labels: { type: "object", additionalProperties: { type: "string", default: "" } },
      awsElasticBlockStore: { type: "object" },
    },
  };
  expect(tidied(source, (ref) => met.push(ref))).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      description: { type: "string" },
      spec: { $ref: "#/$defs/core.v1.PodSpec" },
      port: { type: ["integer", "string"] },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
  });
  expect(met).toEqual(["io.k8s.api.core.v1.PodSpec"]);
});

test("names, doubles and kinds that nobody knows are complained of", () => {
  const account = (name: string): Manifest => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  expect(shapeComplaints([account("a"), account("a"), account("No_Name")])).toEqual([
    "ServiceAccount/a: is there twice",
    "ServiceAccount/No_Name: that is no name",
  ]);
  expect(shapeComplaints([{ ...account("a"), apiVersion: "v2" }])).toEqual([
    "ServiceAccount/a: no kind v2/ServiceAccount is known",
  ]);
});
