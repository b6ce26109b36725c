/** Reading a request's body within limits: bytes, time, depth, encoding and content type. */
import { Problem, refuse } from "../errors.ts";
import type { Clock } from "./ports.ts";

export const BODY_BYTES_MAX = 1 << 20;
export const BODY_MS_MAX = 10_000;
const WHOLE_BYTES_MAX = 64 * 1024;
export const JSON_DEPTH_MAX = 64;

/** The body's text; an empty string when there is none. */
export async function readText(request: Request, clock: Clock): Promise<string> {
  const bytes = await readBytes(request, clock);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("MALFORMED", "The body is not valid UTF-8.", { cause });
  }
}

/** The body as it came; empty when there is none. */
export async function readBytes(request: Request, clock: Clock): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > BODY_BYTES_MAX) refuse("TOO_LARGE", `At most ${BODY_BYTES_MAX} bytes.`);
  if (declared > 0 && declared <= WHOLE_BYTES_MAX) return readWhole(request, clock);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  let late = false;
  const cancel = clock.after(BODY_MS_MAX, () => {
    late = true;
    reader.cancel().catch(() => {});
  });
  try {
    const bytes = await readAll(reader);
    if (late) refuse("SLOW_BODY", `The body took longer than ${BODY_MS_MAX} ms.`);
    return bytes;
  } catch (cause) {
    // What is still to come is of no use: let the sender go.
    reader.cancel().catch(() => {});
    if (cause instanceof Problem) throw cause;
    throw new Problem("MALFORMED", "The body broke off.", { cause });
  } finally {
    cancel();
  }
}

/** A short body of known length at once: as a stream it would cost more than the rest of a call. */
async function readWhole(request: Request, clock: Clock): Promise<Uint8Array<ArrayBuffer>> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(BODY_MS_MAX, () => {
    late.reject(new Problem("SLOW_BODY", `The body took longer than ${BODY_MS_MAX} ms.`));
  });
  const broken = (cause: unknown): never => {
    throw new Problem("MALFORMED", "The body broke off.", { cause });
  };
  try {
    const bytes = new Uint8Array(await Promise.race([request.arrayBuffer().catch(broken), late.promise]));
    if (bytes.byteLength > BODY_BYTES_MAX) refuse("TOO_LARGE", `At most ${BODY_BYTES_MAX} bytes.`);
    return bytes;
  } finally {
    cancel();
  }
}

async function readAll(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
}): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!value) continue;
    size += value.byteLength;
    if (size > BODY_BYTES_MAX) refuse("TOO_LARGE", `At most ${BODY_BYTES_MAX} bytes.`);
    chunks.push(value);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Parses JSON of bounded depth; `type` is the request's content type. */
export function parseJson(text: string, type: string | null): unknown {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type ?? "")) refuse("UNSUPPORTED_TYPE", "Send application/json.");
  if (depthOf(text) > JSON_DEPTH_MAX) refuse("MALFORMED", `JSON nested deeper than ${JSON_DEPTH_MAX}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem("MALFORMED", "The body is not valid JSON.", { cause });
  }
  if (HALF_CHARACTER.test(text)) refuseHalves(value);
  return value;
}

/** Perhaps: an escape of half a character outside the plane in which one is enough. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/;

/** Half a character has no encoding: stores, hashes and other programs would each make something else of it. */
function refuseHalves(value: unknown): void {
  if (typeof value === "string" && !value.isWellFormed()) refuse("MALFORMED", "A text holds half of a character.");
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    refuseHalves(key);
    refuseHalves(member);
  }
}

/** How deep brackets nest outside strings; looked at first, since deep JSON can exhaust a parser's stack. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 123 || c === 91) deepest = Math.max(deepest, ++depth);
    else if (c === 125 || c === 93) depth--;
  }
  return deepest;
}
