import { expect, test } from "bun:test";
import type { Manifest } from "./k8s-objects.ts";
import { amountOf } from "./k8s-policies.fixture.ts";
import { hasKubectl, render } from "./k8s-render.fixture.ts";
import { ofKind, specOf, workloadsOf } from "./k8s-view.fixture.ts";

interface Autoscaler {
  scaleTargetRef: { kind: string; name: string };
  metrics: { containerResource: { name: string; container: string; target: Aim } }[];
}
interface Aim {
  averageUtilization?: number;
  averageValue?: string;
}

/** HorizontalPodAutoscalers leave alone what is within a tenth of their aim. */
const TOLERANCE = 1.1;
/** Those whose aim no pod can go beyond, as an overlay promises and allows its pods. */
const idle = (objects: readonly Manifest[]): string[] =>
  ofKind(objects, "HorizontalPodAutoscaler").flatMap((each) => {
    const { scaleTargetRef: to, metrics } = specOf<Autoscaler>(each);
    const pod = workloadsOf(objects).find(({ kind, name }) => kind === to.kind && name === to.name)?.pod;
    return metrics.flatMap(({ containerResource: { name, container, target } }) => {
      const { requests = {}, limits = {} } = pod?.containers.find((of) => of.name === container)?.resources ?? {};
      const ofPromised = (amountOf(requests[name]) * (target.averageUtilization ?? Number.NaN)) / 100;
      const aim = target.averageValue === undefined ? ofPromised : amountOf(target.averageValue);
      return aim * TOLERANCE < amountOf(limits[name]) ? [] : [each.metadata.name];
    });
  });

test.skipIf(!hasKubectl)("live: autoscalers aim at less than a pod may take, also with what is reserved", () => {
  const objects = render("overlays/live");
  const scalers = ofKind(objects, "HorizontalPodAutoscaler");
  expect(scalers.map(({ metadata }) => metadata.name)).toEqual(["s03-strategy", "s04-router"]);
  expect(idle(objects)).toEqual([]);
});

test.skipIf(!hasKubectl)("one that aims at twice what is promised is found out", () => {
  const objects = structuredClone(render("overlays/live")) as Manifest[];
  for (const each of ofKind(objects, "HorizontalPodAutoscaler")) {
    const [metric] = specOf<Autoscaler>(each).metrics;
    if (metric) metric.containerResource.target = { averageUtilization: 200 };
  }
  expect(idle(objects)).toEqual(["s03-strategy", "s04-router"]);
});
