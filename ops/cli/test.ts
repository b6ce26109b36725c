/** `test`: installs what the tests want, then types, lint and every test, ending with "N passed, N failed". */
import { existsSync } from "node:fs";
import { availableParallelism, getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { ROOT } from "../build.ts";
import type { Command } from "./command.ts";
import { takePromtool } from "./promtool.ts";
import { bold, dim, fail, note, print } from "./terminal.ts";
import { buildMinio, STORE_TESTS } from "./test-stores.ts";

const usage = `Usage: ./chimera test [PATTERN...] [--fast | --stores]

Types, lint and all tests. As root on Debian it first installs what some tests want (chromium, redis-server), and takes
promtool out of its package; where that cannot be, those tests say "skipped: needs ...". CHIMERA_MARKET_DATA names a
folder of recorded markets for the tests that use one.

  PATTERN   only test files whose path contains it, without types and lint
  --fast    tests only
  --stores  the adapters against real servers: MinIO (built with go, once, into .tools/bin, unless CHIMERA_TEST_S3 names
            a store), Redis, and ArangoDB where CHIMERA_TEST_ARANGO names one`;

/** Programs that some tests drive, by their Debian package. */
const WANTED = [
  { package: "chromium", path: "/usr/bin/chromium" },
  { package: "redis-server", path: "/usr/bin/redis-server" },
];

function installWanted(): void {
  const missing = WANTED.filter(({ path }) => !existsSync(path)).map((wanted) => wanted.package);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    note(dim(`Not here: ${missing.join(", ")}; tests that need them are skipped.`));
    return;
  }
  note(`Installing ${missing.join(", ")} ...`);
  const quiet = {
    stdout: "ignore",
    stderr: "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  } as const;
  Bun.spawnSync(["apt-get", "update", "-q"], quiet);
  const { exitCode } = Bun.spawnSync(["apt-get", "install", "-yq", "--no-install-recommends", ...missing], quiet);
  if (exitCode !== 0) note(dim(`Could not install ${missing.join(", ")}; tests that need them are skipped.`));
}

async function step(what: string, command: string[]): Promise<boolean> {
  const started = performance.now();
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  note(`${code === 0 ? "ok  " : "FAIL"} ${what} ${dim(`${seconds} s`)}`);
  if (code !== 0) note(out + err);
  return code === 0;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What the runner printed from the end of the test before to each failed test's name. */
  failures: string[];
}

/** Bun's own summary lines, as they stand at the end of its report. */
function readCounts(report: string): Counts {
  const last = (word: string) =>
    Number([...report.matchAll(new RegExp(`^\\s*(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: last("pass"), failed: last("fail"), skipped: last("skip"), failures: failuresIn(report) };
}

const FAILURE_LINES = 40;

/** Each failed test with the lines before it, so that the end of a long report says what went wrong. */
function failuresIn(report: string): string[] {
  const lines = report.split("\n");
  return lines.flatMap((line, index) => {
    if (!line.startsWith("(fail)")) return [];
    let from = index;
    while (from > 0 && index - from < FAILURE_LINES && !/^\((pass|fail|skip|todo)\)/.test(lines[from - 1] ?? ""))
      from--;
    return [lines.slice(from, index + 1).join("\n")];
  });
}

/** On the virtual clock, in memory, or mostly waiting for sockets of their own: a busy machine disturbs none of it. */
const CALM = ["ops/sim", "services", "shared/domain", "shared/engine", "shared/trading"];
/** What everything else leaves of the machine is theirs: it waits a lot, and goes first whenever it does not. */
const CALM_NICENESS = 10;
const NICENESS_MAX = 19;
/** Of one test: what hangs is ended, and what is slow on a machine that does much else is not. */
const NEVER_MS = 300_000;

type Tell = (text: string) => void;
const tellAtOnce: Tell = (text) => void process.stderr.write(text);

/** Two reports at once could be read by nobody: this one is kept back until it is its turn. */
function heldBack(): { tell: Tell; release: () => void } {
  let held: string | undefined = "";
  const tell: Tell = (text) => {
    if (held === undefined) tellAtOnce(text);
    else held += text;
  };
  const release = () => {
    tellAtOnce(held ?? "");
    held = undefined;
  };
  return { tell, release };
}

/** What is calm on all cores, and beside it everything else, file after file; named ones in one go. */
async function runAll(patterns: string[]): Promise<{ counts: Counts; code: number }> {
  if (patterns.length > 0) return runTests(patterns, tellAtOnce);
  const { tell, release } = heldBack();
  const beside = [`--parallel=${availableParallelism()}`, "--no-isolate"];
  const running = runTests([...beside, ...CALM.map((folder) => `./${folder}/`)], tell, CALM_NICENESS);
  const others = await runTests(
    CALM.map((folder) => `--path-ignore-patterns=${folder}/**`),
    tellAtOnce,
  );
  release();
  const calm = await running;
  const sum = (what: "passed" | "failed" | "skipped") => calm.counts[what] + others.counts[what];
  const failures = [...others.counts.failures, ...calm.counts.failures];
  const counts = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), failures };
  return { counts, code: calm.code || others.code };
}

async function runTests(options: string[], tell: Tell, niceness = 0): Promise<{ counts: Counts; code: number }> {
  const child = Bun.spawn([process.execPath, "test", "--timeout", String(NEVER_MS), ...options], {
    cwd: ROOT,
    stdout: "inherit",
    stderr: "pipe",
  });
  if (niceness > 0) setPriority(child.pid, Math.min(getPriority() + niceness, NICENESS_MAX));
  let report = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr as unknown as AsyncIterable<Uint8Array>) {
    const text = decoder.decode(chunk, { stream: true });
    report += text;
    tell(text);
  }
  return { counts: readCounts(report), code: await child.exited };
}

async function run(args: string[]): Promise<number> {
  const patterns = args.filter((arg) => !arg.startsWith("--"));
  const unknown = args.find((arg) => arg.startsWith("--") && arg !== "--fast" && arg !== "--stores");
  if (unknown !== undefined) throw new Error(`Unknown option ${unknown}. --help tells what there is.`);
  installWanted();
  if (!takePromtool()) note(dim("Not here: promtool; tests that need it are skipped."));
  if (args.includes("--stores")) {
    if (process.env.CHIMERA_TEST_S3 === undefined) await buildMinio();
    patterns.push(...STORE_TESTS);
  }
  let failures = 0;
  if (patterns.length === 0 && !args.includes("--fast")) {
    const bin = (name: string) => join(ROOT, "node_modules", ".bin", name);
    if (!(await step("types", [bin("tsc"), "--noEmit"]))) failures++;
    if (!(await step("lint", [bin("biome"), "ci", "--error-on-warnings", "."]))) failures++;
  }
  const { counts, code } = await runAll(patterns);
  if (code !== 0 && counts.failed === 0) fail(`The test runner ended with ${code}.`);
  const failed = counts.failed + failures + (code !== 0 && counts.failed === 0 ? 1 : 0);
  for (const failure of counts.failures) note(`\n${failure}`);
  print(bold(failed === 0 ? "All is well." : "Something failed; see above."));
  process.stdout.write(
    `${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}\n`,
  );
  return failed === 0 ? 0 : 1;
}

export const command: Command = { usage, run };
