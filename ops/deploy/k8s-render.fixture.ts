/** Overlays as `kubectl kustomize` renders them, in a copy where the secrets of the trial are made up. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { ROOT } from "../build.ts";
import type { Manifest } from "./k8s-objects.ts";

export const hasKubectl = Bun.which("kubectl") !== null;
if (!hasKubectl) console.log("skipped: needs kubectl");

const K8S = join(ROOT, "ops/k8s");

const rendered = new Map<string, Manifest[]>();
/** With more components than it has by itself. Throws what kubectl says is wrong. */
export function render(overlay: string, more: readonly string[] = []): Manifest[] {
  const what = [overlay, ...more].join(" ");
  const objects = rendered.get(what) ?? renderNow(overlay, more);
  rendered.set(what, objects);
  return objects;
}

function renderNow(overlay: string, more: readonly string[]): Manifest[] {
  const folder = newFolder();
  try {
    cpSync(K8S, folder, { recursive: true });
    for (const file of secretFiles()) {
      const path = join(folder, "components/secrets", file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "made up");
    }
    const chosen = join(folder, overlay, "kustomization.yaml");
    const text = readFileSync(chosen, "utf8");
    const added = more.map((each) => `  - ../../components/${each}\n`).join("");
    writeFileSync(
      chosen,
      text.replace(/^components:\n( {2}- .*\n)+/m, (all) => all + added),
    );
    const { exitCode, stdout, stderr } = Bun.spawnSync(["kubectl", "kustomize", join(folder, overlay)]);
    if (exitCode !== 0) throw new Error(stderr.toString());
    return readObjects(stdout.toString());
  } finally {
    removeFolder(folder);
  }
}

function secretFiles(): string[] {
  const text = readText("components/secrets/kustomization.yaml");
  const { secretGenerator } = parse(text) as { secretGenerator: { files: string[] }[] };
  return secretGenerator.flatMap(({ files }) => files.map((each) => each.replace(/^[^=]*=/, "")));
}

export const readText = (path: string): string => new TextDecoder().decode(Bun.mmap(join(K8S, path)));

export const readObjects = (text: string): Manifest[] => parseAllDocuments(text).map((each) => each.toJS() as Manifest);
