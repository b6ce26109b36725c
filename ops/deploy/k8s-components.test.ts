import { expect, test } from "bun:test";
import { basename, dirname, join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openJournals } from "../run/journals.ts";
import type { Manifest } from "./k8s-objects.ts";
import { hasKubectl, render } from "./k8s-render.fixture.ts";
import { ofKind, specOf, workloadsOf } from "./k8s-view.fixture.ts";

const claimsOf = (objects: readonly Manifest[], name: string) =>
  workloadsOf(objects)
    .filter((each) => each.name === name)
    .flatMap(({ pod }) => (pod.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim));

test.skipIf(!hasKubectl)(
  "with `journal`, what is written aside lies on a volume that all pods of the router see",
  async () => {
    const objects = render("overlays/live", ["journal"]);
    expect(claimsOf(objects, "s03-strategy")).toEqual([]);
    const [volume] = claimsOf(objects, "s04-router") as [
      { name: string; persistentVolumeClaim: { claimName: string } },
    ];
    const [claim] = ofKind(objects, "PersistentVolumeClaim");
    expect(claim?.metadata).toMatchObject({ name: volume.persistentVolumeClaim.claimName, namespace: "chimera" });
    expect(specOf<{ accessModes: string[] }>(claim as Manifest).accessModes).toEqual(["ReadWriteMany"]);

    const [router] = workloadsOf(objects).filter(({ name }) => name === "s04-router");
    const mounts = (router?.pod.containers[0]?.volumeMounts ?? []) as { name: string; mountPath: string }[];
    const path = mounts.find(({ name }) => name === volume.name)?.mountPath ?? "";
    const folder = newFolder();
    try {
      const journal = openJournals({ path: folder }).openShard("s04", 2, 7);
      await journal.append("{}");
      await journal.close();
      expect([...new Bun.Glob(`${basename(path)}/*`).scanSync(folder)]).toEqual([
        join(basename(path), "s04-2.7.jsonl"),
      ]);
    } finally {
      removeFolder(folder);
    }
    expect(dirname(path)).toBe("/data");
  },
);

test.skipIf(!hasKubectl)("without it, it lies in the pod", () => {
  expect(claimsOf(render("overlays/live"), "s04-router")).toEqual([]);
});
