/** Blobs in a thread that has no store: those that it was given, to be read. */
import { refuse } from "../errors.ts";
import type { Blobs } from "../kit/ports.ts";

const noWriting = async (): Promise<never> => refuse("NOT_OWNER", "What a thread was given is there to be read.");

/** Listed by key, on one page. */
export function givenBlobs(bodies: ReadonlyMap<string, Uint8Array>): Blobs {
  return {
    get: async (key) => bodies.get(key),
    async list(prefix) {
      const keys = [...bodies.keys()].filter((key) => key.startsWith(prefix)).toSorted();
      return { items: keys.map((key) => ({ key, bytes: bodies.get(key)!.length, modified_at: 0 })) };
    },
    async read(key) {
      const body = bodies.get(key);
      return body && inOnePiece(body);
    },
    link: async () => undefined,
    ping: async () => undefined,
    put: noWriting,
    append: noWriting,
    write: noWriting,
    delete: noWriting,
  };
}

async function* inOnePiece(body: Uint8Array) {
  yield body;
}
