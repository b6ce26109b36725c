/** A file system of its own of a few kilobytes, for tests of what happens when there is no room: only root may have one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly path: string;
  /** From now on nothing can be written there, or all as before. False: it cannot be done while somebody writes. */
  readOnly(is: boolean): boolean;
  giveBack(): void;
}

/** Undefined where this user may not mount one. */
export function smallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), "chimera-disk-"));
  const mount = (...options: string[]) => spawnSync("mount", options).status === 0;
  if (!mount("-t", "tmpfs", "-o", `size=${bytes},mode=700`, "tmpfs", path)) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    readOnly: (is) => mount("-o", `remount,${is ? "ro" : "rw"}`, path),
    giveBack() {
      spawnSync("umount", ["--lazy", path]);
      rmSync(path, { recursive: true });
    },
  };
}
