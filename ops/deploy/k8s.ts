/** Everything about Kubernetes that is generated: files below ops/k8s, and their page in the reference. */
import { kubernetesFiles, kubernetesParts } from "./k8s-files.ts";
import { readRules } from "./k8s-monitoring.ts";
import { kubernetesPage } from "./k8s-page.ts";
import { deployedUnits } from "./units.ts";

/** Path → content. */
export async function kubernetes(note: string): Promise<Record<string, string>> {
  const units = await deployedUnits();
  const files = kubernetesFiles(kubernetesParts(units, await readRules()));
  return { ...files, "docs/reference/kubernetes.md": kubernetesPage(units, note) };
}
