/** Reading a command's options: unknown ones are named, numbers are checked. */
import { type ParseArgsConfig, parseArgs } from "node:util";

export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
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

export const DEFAULT_DATA = "data";
