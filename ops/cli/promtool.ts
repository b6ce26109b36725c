/** Prometheus' own checker of rules, for tests: where it is not installed, taken out of Debian's package alone. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../build.ts";

const PLACE = join(ROOT, ".tools", "bin");
const PACKAGE = "prometheus";

/** Undefined where it is not here. */
export const promtoolHere = (): string | undefined =>
  Bun.which("promtool") ?? Bun.which("promtool", { PATH: PLACE }) ?? undefined;

/**
 * Unpacks it unless it is here: installing the package would start a server. False where that cannot be done, as
 * elsewhere than on Debian.
 */
export function takePromtool(): boolean {
  if (promtoolHere() !== undefined) return true;
  if (!existsSync("/usr/bin/apt-get") || !existsSync("/usr/bin/dpkg-deb")) return false;
  const folder = mkdtempSync(join(tmpdir(), "chimera-promtool-"));
  const run = (...command: string[]) =>
    Bun.spawnSync(command, { cwd: folder, stdout: "ignore", stderr: "ignore" }).exitCode === 0;
  const download = () => run("apt-get", "download", "-q", PACKAGE);
  try {
    if (!download() && !(run("apt-get", "update", "-q") && download())) return false;
    const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (file === undefined || !run("dpkg-deb", "-x", file, "files")) return false;
    mkdirSync(PLACE, { recursive: true });
    cpSync(join(folder, "files/usr/bin/promtool"), join(PLACE, "promtool"));
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
