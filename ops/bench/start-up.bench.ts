/** Benchmark: how long the installed system takes to be ready, and its memory, beside bare Bun with its libraries. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pkg from "../../package.json";
import { ROOT } from "../build.ts";
import { loadServices } from "../services.ts";
import { type Benchmark, inTurns, type Result, skipped, summarise } from "./measure.ts";

const PORT_OFFSET = 21_000;
const REPEATS = 4;
const POLL_MS = 10;
const READY_WAIT_MS = 60_000;
/** Memory is looked at once the system has worked for so long. */
const SETTLE_MS = 5_000;
const KIB_IN_MIB = 1_024;

type Child = ReturnType<typeof spawn>;

const spawn = (command: string[], env: Record<string, string> = {}) =>
  Bun.spawn(command, { cwd: ROOT, env: { ...process.env, ...env }, stdout: "pipe", stderr: "ignore" });

async function stop(child: Child): Promise<void> {
  child.kill("SIGTERM");
  await child.exited;
}

/** Resident memory, MiB. */
const residentOf = ({ pid }: Child): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / KIB_IN_MIB;

/** Resolves when every port says that it is ready. */
async function untilReady(ports: readonly number[], child: Child): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  let waiting = [...ports];
  while (waiting.length > 0) {
    if (performance.now() > until || child.exitCode !== null) throw new Error(`not ready: ports ${waiting.join(", ")}`);
    const asked = waiting.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
      await answer?.arrayBuffer();
      return answer?.status === 200 ? [] : [port];
    });
    waiting = (await Promise.all(asked)).flat();
    if (waiting.length > 0) await Bun.sleep(POLL_MS);
  }
}

/** ms from the command to the last `/ready`; notes the memory some seconds later. */
async function ours(data: string, ports: readonly number[], memory: number[]): Promise<number> {
  const begun = performance.now();
  const env = { CHIMERA_PORT_OFFSET: String(PORT_OFFSET), CHIMERA_ADMIN_PASSWORD: "a long enough password" };
  const child = spawn([join(ROOT, "chimera"), "up", "--data", data], env);
  try {
    await untilReady(ports, child);
    const took = performance.now() - begun;
    await Bun.sleep(SETTLE_MS);
    memory.push(residentOf(child));
    return took;
  } finally {
    await stop(child);
  }
}

/** Bun with the libraries that the system runs on, loaded and otherwise idle. */
async function bare(memory: number[]): Promise<number> {
  const libraries = Object.keys(pkg.dependencies).filter((name) => !/^react|lightweight|tanstack/.test(name));
  const script = `await Promise.all(${JSON.stringify(libraries)}.map((name) => import(name)));
    console.log("ready"); setInterval(() => {}, 1000);`;
  const begun = performance.now();
  const child = spawn([process.execPath, "-e", script]);
  try {
    for await (const chunk of child.stdout) if (new TextDecoder().decode(chunk).includes("ready")) break;
    const took = performance.now() - begun;
    await Bun.sleep(SETTLE_MS / 5);
    memory.push(residentOf(child));
    return took;
  } finally {
    await stop(child);
  }
}

async function wallOf(command: string[]): Promise<number> {
  const begun = performance.now();
  const child = spawn(command);
  await new Response(child.stdout).arrayBuffer();
  await child.exited;
  return performance.now() - begun;
}

export const benchmark: Benchmark = {
  what: "start: ./chimera up to all services ready, its memory, and the launcher alone, beside bare Bun",
  async run(): Promise<Result> {
    if (process.platform !== "linux") return skipped("it reads memory from /proc");
    const ports = (await loadServices()).map(({ port }) => port + PORT_OFFSET);
    const data = mkdtempSync(join(tmpdir(), "chimera-bench-"));
    const memory = { ours: [] as number[], bare: [] as number[] };
    try {
      const starts = await inTurns(
        [
          { what: `up, ${ports.length} services ready`, once: () => ours(data, ports, memory.ours) },
          { what: "bare Bun, libraries imported", once: () => bare(memory.bare) },
        ],
        { unit: "ms", repeats: REPEATS },
      );
      const launches = await inTurns(
        [
          { what: "./chimera --help", once: () => wallOf([join(ROOT, "chimera"), "--help"]) },
          { what: "bare Bun, an empty program", once: () => wallOf([process.execPath, "-e", ""]) },
        ],
        { unit: "ms", repeats: 5 * REPEATS },
      );
      const resident = [
        summarise(`memory of up, ${SETTLE_MS / 1_000} s later`, "MiB", memory.ours),
        summarise("memory of bare Bun", "MiB", memory.bare),
      ];
      const ratio = (rows: typeof starts) => rows[0]!.median / rows[1]!.median;
      return {
        rows: [...starts, ...resident, ...launches],
        ratios: { "start, ours ÷ bare": ratio(starts), "memory, ours ÷ bare": ratio(resident) },
        notes: [`the simulated market, a data folder that is there already, ports ${PORT_OFFSET} higher`],
      };
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};
