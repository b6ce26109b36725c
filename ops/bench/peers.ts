/** Other people's programs that benchmarks compare with: fetched by npm and pip into a folder of their own when asked for. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = process.env.CHIMERA_BENCH_PEERS ?? join(tmpdir(), "chimera-bench-peers");

/** Either where it is, or why it is not here. */
export type Peer = { path: string; missing?: undefined } | { path?: undefined; missing: string };

async function done(command: string[], cwd: string): Promise<string | undefined> {
  try {
    const child = Bun.spawn(command, { cwd, stdout: "ignore", stderr: "pipe" });
    const said = await new Response(child.stderr).text();
    if ((await child.exited) === 0) return undefined;
    const error = said.split("\n").find((line) => /error|no matching/i.test(line));
    return error?.trim().slice(0, 120) ?? `${command[0]} failed`;
  } catch (error) {
    return `${command[0]}: ${(error as Error).message}`;
  }
}

/** Packages as `name@version`; the path is the folder from which they are imported. */
export async function npmPeer(name: string, packages: readonly string[]): Promise<Peer> {
  const path = join(FOLDER, "npm", name);
  const mark = join(path, packages.join("+").replaceAll("/", "-"));
  if (existsSync(mark)) return { path };
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), '{ "private": true, "type": "module" }\n');
  const why = await done(["npm", "install", "--no-audit", "--no-fund", ...packages], path);
  if (why !== undefined) return { missing: `${name} cannot be installed here: ${why}` };
  writeFileSync(mark, "");
  return { path };
}

/** Packages as `name==version`; the path is that of the interpreter. */
export async function pythonPeer(name: string, packages: readonly string[]): Promise<Peer> {
  const folder = join(FOLDER, "python", name);
  const path = join(folder, "bin", "python");
  const mark = join(folder, packages.join("+"));
  if (existsSync(mark)) return { path };
  mkdirSync(folder, { recursive: true });
  const noVenv = await done(["python3", "-m", "venv", folder], FOLDER);
  if (noVenv !== undefined) return { missing: `${name} needs Python: ${noVenv}` };
  const why = await done([path, "-m", "pip", "install", "--quiet", ...packages], folder);
  if (why !== undefined) return { missing: `${name} cannot be installed here: ${why}` };
  writeFileSync(mark, "");
  return { path };
}

/** Runs a Python program that prints one line of JSON last. Throws with what it said when it fails. */
export async function pythonSays<T>(python: string, program: string, args: readonly string[]): Promise<T> {
  const child = Bun.spawn([python, program, ...args], { stdout: "pipe", stderr: "pipe" });
  const [said, complained] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${program}: ${complained.trim().split("\n").at(-1)}`);
  return JSON.parse(said.trim().split("\n").at(-1)!) as T;
}
