/** `data`: history of markets, its library, and what can be done with recorded and made markets. */
import type { Command } from "./command.ts";

const COMMANDS: Readonly<Record<string, { summary: string; load(): Promise<{ command: Command }> }>> = {
  import: {
    summary: "Take files into the library: Binance's archives, candles, recorded lines",
    load: () => import("./data-import.ts"),
  },
  download: {
    summary: "Fetch history from Binance's public archive into the library",
    load: () => import("./data-download.ts"),
  },
  list: { summary: "What the library holds", load: () => import("./data-list.ts") },
  verify: { summary: "Is the library whole, and where has it gaps", load: () => import("./data-verify.ts") },
  export: { summary: "Rows of the library as CSV or JSON", load: () => import("./data-export.ts") },
  compare: {
    summary: "A recorded market beside the agents' market, in figures and a picture",
    load: () => import("./data-compare.ts"),
  },
};

const usage = `Usage: ./chimera data <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join("\n")}`;

async function run([name = "", ...rest]: string[]): Promise<number> {
  const entry = COMMANDS[name];
  if (!entry) throw new Error(`${usage}\n\nThere is no data command ${JSON.stringify(name)}.`);
  const { command } = await entry.load();
  return command.run(rest);
}

const usageOf = async ([name = ""]: string[]): Promise<string | undefined> =>
  (await COMMANDS[name]?.load())?.command.usage;

export const command: Command = { usage, usageOf, run };
