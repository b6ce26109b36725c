/** Reading a command's options: unknown ones are named, numbers are checked. */
import { readFileSync } from "node:fs";
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Words beside the options are refused unless `words` says that there may be some. */
export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
  words: "none" | "some" = "none",
) {
  try {
    const read = parseArgs({ args, options, allowPositionals: true, strict: true });
    if (words === "none" && read.positionals.length > 0) {
      throw new Error(`${JSON.stringify(read.positionals[0])} is no option`);
    }
    return read;
  } catch (error) {
    throw new Error(`${(error as Error).message.split(". To specify")[0]}. --help tells what there is.`);
  }
}

export function numberOption(name: string, text: string | undefined, { fallback, min, max }: Bounds): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < min || value > max) {
    throw new Error(`--${name} must be a number from ${min} to ${max}, not ${JSON.stringify(text)}.`);
  }
  return value;
}
interface Bounds {
  fallback: number;
  min: number;
  max: number;
}

export function choiceOption<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(`--${name} is one of ${choices.join(", ")}, not ${JSON.stringify(text)}.`);
  return found;
}

/** The text of a config bundle's file. */
export function readBundleFile(file: string | undefined): string {
  try {
    return file === undefined ? "" : readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`--bundle ${file} cannot be read: ${(error as Error).message}`);
  }
}

/** The data folder where none is named. */
export const DEFAULT_DATA = process.env.CHIMERA_DATA ?? "data";
