/** What a blob's key may be, and the paging that all Blobs adapters share. */
import { refuse } from "../errors.ts";

const KEY_BYTES_MAX = 512;
/** File systems allow 255 bytes a name. */
const PART_BYTES_MAX = 200;
const LIST_MAX = 1_000;

/** Control characters, and the backslash, which is a separator elsewhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/** The key itself, when it can neither leave its folder nor hide in it: parts between slashes, none beginning with a dot. */
export function checkKey(key: string): string {
  const parts = key.split("/");
  const sound = parts.every(
    (part) => part !== "" && !part.startsWith(".") && Buffer.byteLength(part) <= PART_BYTES_MAX,
  );
  if (!sound || FORBIDDEN.test(key) || Buffer.byteLength(key) > KEY_BYTES_MAX) {
    refuse("INVALID", "A blob's key is made of parts between slashes, none empty, too long or beginning with a dot.");
  }
  return key;
}

export function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_MAX) refuse("INVALID", `limit is from 1 to ${LIST_MAX}.`);
  return limit;
}

export const writeCursor = (key: string): string => Buffer.from(key).toString("base64url");

/** The key after which a list goes on. */
export function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return "";
  const key = Buffer.from(cursor, "base64url").toString();
  if (key === "" || writeCursor(key) !== cursor) refuse("INVALID", "The cursor is not one of ours.");
  return key;
}
