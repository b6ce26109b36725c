/** What the tests of adapters drive that no package has: MinIO, built from its Go module as the images build it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { dim, note } from "./terminal.ts";

const BIN = join(ROOT, ".tools", "bin");
const DOCKERFILE = join(ROOT, "ops", "compose", "Dockerfile");

/** What is run against real servers. */
export const STORE_TESTS = ["shared/adapters/s3", "shared/adapters/arango", "shared/adapters/redis"];

/** Takes minutes, and 112 MB, once. Says why where it cannot be. */
export async function buildMinio(): Promise<void> {
  if (Bun.which("minio") !== null || existsSync(join(BIN, "minio"))) return;
  if (Bun.which("go") === null) return note(dim("Not here: go, which builds minio; tests that need it are skipped."));
  const version = /^ARG MINIO_VERSION=(\S+)$/m.exec(await Bun.file(DOCKERFILE).text())?.[1];
  if (version === undefined) throw new Error(`${DOCKERFILE} names no MINIO_VERSION.`);
  note(`Building minio ${version}: some minutes, once ...`);
  const started = performance.now();
  const child = Bun.spawn(["go", "install", "-trimpath", "-ldflags", "-s -w", `github.com/minio/minio@${version}`], {
    env: { ...process.env, GOBIN: BIN, CGO_ENABLED: "0" },
    stdout: "ignore",
    stderr: "pipe",
  });
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  const seconds = Math.round((performance.now() - started) / 1_000);
  if (code === 0) return note(dim(`minio built in ${seconds} s`));
  note(dim(`minio could not be built; tests that need it are skipped.\n${said.split("\n").slice(-5).join("\n")}`));
}
