/** What objects are called in an S3 store: a blob's own, and those of the parts that were appended to it. */
import { Problem } from "../../errors.ts";
import { checkKey } from "../blob-key.ts";

/**
 * All that is ours in the bucket lies below it. The S3 client reads a listed name as a number where it looks like one,
 * which none does that begins so.
 */
const ROOT = "blobs/";

/**
 * Parts are called like their blob, a space, and which they are. The space sorts below all that a key can hold, so a
 * list has a blob's parts right behind it; a key's own spaces are written otherwise, still in order.
 */
const BETWEEN = " ";
const AFTER_PARTS = "~";
const WRITTEN = new Map([
  [" ", "!0"],
  ["!", "!1"],
]);
const READ = new Map([...WRITTEN].map(([sign, written]) => [written, sign]));
const MOMENT_DIGITS = 14;
const PART = /^([a-z0-9]+)-(\d{14})-[a-z0-9]+$/;

/** Of a key or of the beginning of one. */
const written = (text: string): string => ROOT + text.replace(/[ !]/g, (sign) => WRITTEN.get(sign) as string);

export const objectName = (key: string): string => written(checkKey(key));
export const prefixOf = (keyPrefix: string): string => written(keyPrefix);
export const partsPrefix = (key: string, generation = ""): string =>
  `${objectName(key)}${BETWEEN}${generation && `${generation}-`}`;
/** Sorts behind the blob and all its parts, and before every other blob's. */
export const behind = (key: string): string => `${objectName(key)}${BETWEEN}${AFTER_PARTS}`;

export interface PartId {
  /** The blob's content which it continues. */
  generation: string;
  /** Grows from part to part: epoch ms, or more where that was taken. */
  moment: number;
  /** Keeps parts of writers apart that do not know of one another. */
  writer: string;
}
export const partName = (key: string, { generation, moment, writer }: PartId): string =>
  `${partsPrefix(key, generation)}${String(moment).padStart(MOMENT_DIGITS, "0")}-${writer}`;

export interface Named {
  key: string;
  part?: { generation: string; moment: number };
}

/** Whose it is; undefined for what is none of ours. */
export function readName(name: string): Named | undefined {
  if (!name.startsWith(ROOT)) return;
  const [own = "", part, ...more] = name.slice(ROOT.length).split(BETWEEN);
  const found = part === undefined ? undefined : PART.exec(part);
  if (more.length > 0 || (part !== undefined && !found)) return;
  const key = own.replace(/![01]/g, (sign) => READ.get(sign) as string);
  try {
    checkKey(key);
  } catch (error) {
    if (error instanceof Problem) return;
    throw error;
  }
  return found ? { key, part: { generation: found[1] as string, moment: Number(found[2]) } } : { key };
}

/** False: no key begins so, and stores may refuse to be asked. */
export function canBeginKey(prefix: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/(^|\/)[./]|[\u0000-\u001f\u007f\\]/.test(prefix);
}
