/** `bench`: runs the programs under ops/bench, each of which measures us and a reference in one run. */
import { join } from "node:path";
import type { Benchmark } from "../bench/measure.ts";
import { describeMachine, table } from "../bench/report.ts";
import { buildInfo, ROOT } from "../build.ts";
import type { Command } from "./command.ts";
import { bold, dim, note, print } from "./terminal.ts";

const usage = `Usage: ./chimera bench [NAME...] [--json]

Runs all benchmarks, or those named. Each measures us and its reference interleaved on the same input and prints median,
p99, min, max and the ratio. Benchmarks on recorded markets take their folder from CHIMERA_MARKET_DATA.`;

async function run(args: string[]): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const folder = join(ROOT, "ops", "bench");
  const names = [...new Bun.Glob("*.bench.ts").scanSync(folder)].map((file) => file.replace(".bench.ts", "")).sort();
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}. There are: ${names.join(", ")}.`);
  const results = [];
  const machine = describeMachine();
  const { git_commit } = buildInfo(process.env);
  if (!args.includes("--json")) print(dim(`${machine} · commit ${git_commit}`));
  for (const name of wanted.length > 0 ? wanted : names) {
    note(dim(`running ${name} ...`));
    const { benchmark } = (await import(join(folder, `${name}.bench.ts`))) as { benchmark: Benchmark };
    const result = await benchmark.run();
    results.push({ name, ...result });
    if (args.includes("--json")) continue;
    print(`\n${bold(name)}  ${benchmark.what}`);
    print(table(result));
  }
  if (args.includes("--json")) print(JSON.stringify({ machine, git_commit, results }));
  return 0;
}

export const command: Command = { usage, run };
