/** What this build is: version, commit and date, as /health tells them. */
import { join } from "node:path";
import pkg from "../package.json";

export const ROOT = join(import.meta.dir, "..");

export interface Build {
  version: string;
  git_commit: string;
  built_at: string;
}

/** The commit comes from the image's environment, else from git, else it is unknown. */
export function buildInfo(env: Readonly<Record<string, string | undefined>>): Build {
  const asked = env.CHIMERA_GIT_COMMIT ?? git("rev-parse", "--short=12", "HEAD") ?? "unknown";
  const date = env.CHIMERA_BUILT_AT ?? git("log", "-1", "--format=%cI") ?? "unknown";
  return { version: pkg.version, git_commit: asked, built_at: date };
}

function git(...args: string[]): string | undefined {
  try {
    const { exitCode, stdout } = Bun.spawnSync(["git", "-C", ROOT, ...args], { stderr: "ignore" });
    return exitCode === 0 ? stdout.toString().trim() || undefined : undefined;
  } catch {
    return undefined;
  }
}
