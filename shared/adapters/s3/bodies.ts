/** Bodies on their way: what comes is given its time, what goes is cut into equal parts. */
import type http from "node:http";
import { takeOver } from "./transport.ts";
import { StoreTrouble } from "./trouble.ts";

/** Each piece within its time. */
export async function* inTime(response: http.IncomingMessage, answerMs: number): AsyncGenerator<Uint8Array> {
  takeOver(response);
  const pieces = response[Symbol.asyncIterator]();
  for (;;) {
    const late = setTimeout(() => response.destroy(new StoreTrouble("TIMEOUT", "the body stands still")), answerMs);
    const { done, value } = await pieces.next().finally(() => clearTimeout(late));
    if (done) return;
    yield new Uint8Array(value as Uint8Array);
  }
}

/** The same bytes in equal parts but for the last, which is never empty. */
export async function* partsOf(pieces: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(bytes);
  let length = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + bytes - length);
      held.set(taken, length);
      length += taken.length;
      at += taken.length;
      if (length < bytes) continue;
      yield held;
      held = new Uint8Array(bytes);
      length = 0;
    }
  }
  if (length > 0) yield held.subarray(0, length);
}

export async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(pieces)));
}
