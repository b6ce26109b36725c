/** The design of an experiment or a hypothesis as people write it in a file: dates as days, the bundle by its file. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { timeOption } from "./data-library.ts";

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** YAML or JSON. Throws for what cannot be read, with the file's name. */
export function readDocument(file: string): Tree {
  let document: unknown;
  try {
    document = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message.split("\n")[0]}`);
  }
  if (!isTree(document)) throw new Error(`${file} holds no document of names and values.`);
  return document;
}

/**
 * A design as the service takes it: `window.from` and `window.to` may be days or moments, `bundle` the path of a
 * bundle's file beside this one. Everything else is the service's to check.
 */
export function designOf(design: Tree, file: string): Tree {
  const { window, bundle } = design;
  const inFile = typeof bundle === "string" && /\.(ya?ml|json)$/i.test(bundle);
  return {
    ...design,
    ...(isTree(window) && {
      window: { ...window, from: momentOf("from", window.from), to: momentOf("to", window.to) },
    }),
    ...(inFile && { bundle: readDocument(resolve(dirname(file), bundle)) }),
  };
}

/** YAML makes a date of what looks like one. */
function momentOf(name: string, value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  return typeof value === "string" ? timeOption(name, value) : value;
}
