/** Blobs as files in a folder: a put appears whole or not at all, an append is one write to the end. */
import { constants } from "node:fs";
import {
  access,
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "../errors.ts";
import type { BlobInfo, Blobs } from "../kit/ports.ts";
import { checkKey, checkLimit, readCursor, writeCursor } from "./blob-key.ts";

/** No key can name it: parts do not begin with a dot. */
const UNFINISHED = ".unfinished";
const PIECE_BYTES = 256 * 1024;

export class FolderBlobs implements Blobs {
  readonly #root: string;
  #unfinished = 0;

  /** Makes the folder when it is first written to. */
  constructor(root: string) {
    this.#root = root;
  }

  put(key: string, body: Uint8Array): Promise<void> {
    return this.#whole(key, (file) => file.writeFile(body));
  }

  write(key: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#whole(key, async (file) => {
      for await (const piece of pieces) await file.writeFile(piece);
    });
  }

  async append(key: string, body: Uint8Array): Promise<void> {
    const path = this.#path(key);
    await inFolder(path, () => appendFile(path, body));
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return new Uint8Array(await readFile(this.#path(key)));
    } catch (error) {
      return absent(error);
    }
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const file = await open(this.#path(key), "r");
      if (!(await file.stat()).isDirectory()) return piecesOf(file);
      await file.close();
    } catch (error) {
      return absent(error);
    }
  }

  /** Folders are handed to nobody by an address. */
  async link(key: string): Promise<undefined> {
    checkKey(key);
  }

  async ping(): Promise<void> {
    await inFolder(join(this.#root, UNFINISHED), () => access(this.#root, constants.W_OK));
  }

  async list(
    prefix: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ items: BlobInfo[]; next_cursor?: string }> {
    checkLimit(limit);
    const after = readCursor(cursor);
    const items: BlobInfo[] = [];
    for await (const key of this.#keys("", prefix, after)) {
      const found = await stat(join(this.#root, key)).catch(absent);
      if (!found) continue;
      if (items.length === limit) return { items, next_cursor: writeCursor(items.at(-1)!.key) };
      items.push({ key, bytes: found.size, modified_at: found.mtimeMs });
    }
    return { items };
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true }).catch(absent);
  }

  /** `fill` writes it under a name of its own; what it throws leaves nothing behind. */
  async #whole(key: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    const path = this.#path(key);
    const unfinished = join(this.#root, UNFINISHED, `${process.pid}-${++this.#unfinished}`);
    const file = await inFolder(unfinished, () => open(unfinished, "w"));
    try {
      try {
        await fill(file);
        // On disk before it gets its name: after a power cut the name never stands for half a body.
        await file.sync();
      } finally {
        await file.close();
      }
      await inFolder(path, () => rename(unfinished, path));
    } catch (error) {
      await rm(unfinished, { force: true });
      throw explain(error);
    }
  }

  #path(key: string): string {
    return join(this.#root, checkKey(key));
  }

  /** In key order, going only into folders that can hold what is asked for. */
  async *#keys(folder: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = (await readdir(join(this.#root, folder), { withFileTypes: true }).catch(absent)) ?? [];
    const names = entries
      .filter((entry) => !entry.name.startsWith("."))
      // A folder sorts by its name with the slash that its keys have there.
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .toSorted();
    for (const name of names) {
      if (!name.endsWith("/")) {
        if (name.startsWith(prefix) && name > after) yield name;
      } else if ((name.startsWith(prefix) || prefix.startsWith(name)) && (name > after || after.startsWith(name))) {
        yield* this.#keys(name, prefix, after);
      }
    }
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: PIECE_BYTES })) {
      yield new Uint8Array(piece as Uint8Array);
    }
  } catch (error) {
    throw explain(error);
  } finally {
    await file.close();
  }
}

/** Does it, making the folder on the way when it is missing. */
async function inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await mkdir(dirname(path), { recursive: true });
      return await work();
    }
  } catch (error) {
    throw explain(error);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "";

function absent(error: unknown): undefined {
  if (!["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error))) throw explain(error);
}

function explain(error: unknown): unknown {
  const code = codeOf(error);
  if (["ENOTDIR", "EISDIR", "EEXIST"].includes(code)) {
    return new Problem("CONFLICT", "A blob's key cannot be the folder of another's.", { cause: error });
  }
  if (code === "" || error instanceof Problem) return error;
  return new Problem("UNAVAILABLE", `Blobs cannot be reached: ${code}.`, { cause: error });
}
