/**
 * Benchmark: how long the installed system takes to be ready, and its memory, beside bare Bun with its libraries. Both
 * forms: all services in one process, and one process per service on Redis.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pkg from "../../package.json";
import { ROOT } from "../build.ts";
import { PROCESSES_FILE, type ProcessesSeen } from "../run/left-running.ts";
import { hasRedisServer } from "../run/own-redis.ts";
import { loadServices } from "../services.ts";
import { type Benchmark, inTurns, type Result, type Row, skipped, summarise } from "./measure.ts";

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
const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / KIB_IN_MIB;
/** The same with what several processes share counted once, MiB. */
const shareOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]) / KIB_IN_MIB;

/** Memory by what it is of; the last sample of each turn in order. */
class Memory {
  readonly samples = new Map<string, number[]>();
  add(what: string, mib: number): void {
    this.samples.set(what, [...(this.samples.get(what) ?? []), mib]);
  }
  rows(): Row[] {
    return [...this.samples].map(([what, samples]) => summarise(`memory of ${what}`, "MiB", samples));
  }
}

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
async function ours(form: Form, ports: readonly number[], memory: Memory): Promise<number> {
  const begun = performance.now();
  const env = { CHIMERA_PORT_OFFSET: String(PORT_OFFSET), CHIMERA_ADMIN_PASSWORD: "a long enough password" };
  const child = spawn([join(ROOT, "chimera"), "up", "--data", form.data, ...form.args], env);
  try {
    await untilReady(ports, child);
    const took = performance.now() - begun;
    await Bun.sleep(SETTLE_MS);
    form.weigh(child.pid, memory);
    return took;
  } finally {
    await stop(child);
  }
}

interface Form {
  data: string;
  args: readonly string[];
  weigh(pid: number, memory: Memory): void;
}

const inOne = (data: string): Form => ({
  data,
  args: [],
  weigh: (pid, memory) => memory.add("up", residentOf(pid)),
});

const inMany = (data: string): Form => ({
  data,
  args: ["--processes"],
  weigh(supervisor, memory) {
    const seen = JSON.parse(readFileSync(join(data, PROCESSES_FILE), "utf8")) as ProcessesSeen;
    const running = seen.processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]));
    const all = [{ name: "the supervisor", pid: supervisor }, ...running];
    for (const { name, pid } of all) memory.add(`  ${name}`, residentOf(pid));
    const sum = (of: (pid: number) => number) => all.reduce((total, { pid }) => total + of(pid), 0);
    memory.add("up --processes, all, each counted whole", sum(residentOf));
    if (existsSync(`/proc/${supervisor}/smaps_rollup`)) {
      memory.add("up --processes, all, what is shared counted once", sum(shareOf));
    }
  },
});

/** Bun with the libraries that the system runs on, loaded and otherwise idle. */
async function bare(memory: Memory): Promise<number> {
  const libraries = Object.keys(pkg.dependencies).filter((name) => !/^react|lightweight|tanstack/.test(name));
  const script = `await Promise.all(${JSON.stringify(libraries)}.map((name) => import(name)));
    console.log("ready"); setInterval(() => {}, 1000);`;
  const begun = performance.now();
  const child = spawn([process.execPath, "-e", script]);
  try {
    for await (const chunk of child.stdout) if (new TextDecoder().decode(chunk).includes("ready")) break;
    const took = performance.now() - begun;
    await Bun.sleep(SETTLE_MS / 5);
    memory.add("bare Bun", residentOf(child.pid));
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
    const memory = new Memory();
    const form = (name: string) => join(data, name);
    const processes = {
      what: `up --processes, ${ports.length} services ready`,
      once: () => ours(inMany(form("processes")), ports, memory),
    };
    try {
      const starts = await inTurns(
        [
          { what: `up, ${ports.length} services ready`, once: () => ours(inOne(form("one")), ports, memory) },
          { what: "bare Bun, libraries imported", once: () => bare(memory) },
          ...(hasRedisServer() ? [processes] : []),
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
      const resident = memory.rows();
      const ratio = (rows: Row[]) => rows[0]!.median / rows[1]!.median;
      return {
        rows: [...starts, ...resident, ...launches],
        ratios: {
          "start, ours ÷ bare": ratio(starts),
          ...(starts.length > 2 && { "start, processes ÷ one process": starts[2]!.median / starts[0]!.median }),
          "memory, ours ÷ bare": ratio(resident),
        },
        notes: [
          `the simulated market, a data folder that is there already, ports ${PORT_OFFSET} higher`,
          `memory is resident, ${SETTLE_MS / 1_000} s after all was ready`,
        ],
      };
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};
