import { expect, test } from "bun:test";
import type { Manifest } from "./k8s-objects.ts";
import { promisedOf } from "./k8s-page.ts";
import { amountOf } from "./k8s-policies.fixture.ts";
import { hasKubectl, render } from "./k8s-render.fixture.ts";
import { ofKind, specOf, workloadsOf } from "./k8s-view.fixture.ts";
import { deployedUnits } from "./units.ts";

const MIB = 2 ** 20;

/** As the scheduler counts it, with the fewest pods that autoscalers leave. */
function promised(objects: readonly Manifest[]): { cpu: number; memory: number } {
  const fewest = new Map(
    ofKind(objects, "HorizontalPodAutoscaler").map((each) => [
      each.metadata.name,
      specOf<{ minReplicas: number }>(each).minReplicas,
    ]),
  );
  const parts = ["service", "venue"];
  const pods = workloadsOf(objects)
    .filter(({ labels }) => parts.includes(labels["app.kubernetes.io/component"] ?? ""))
    .flatMap(({ name, pod, replicas }) =>
      new Array(replicas ?? fewest.get(name) ?? 0).fill(pod.containers[0]?.resources),
    );
  const sum = (what: string) => pods.reduce((all, { requests }) => all + amountOf(requests[what]), 0);
  return { cpu: Math.round(sum("cpu") * 1_000), memory: sum("memory") / MIB };
}

test.skipIf(!hasKubectl)("the reference tells what overlays promise their pods", async () => {
  const units = await deployedUnits();
  for (const overlay of ["paper", "live"] as const) {
    expect([overlay, promised(render(`overlays/${overlay}`))]).toEqual([overlay, promisedOf(units, overlay)]);
  }
});
