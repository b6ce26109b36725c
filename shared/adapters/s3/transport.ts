/** The HTTP that the S3 client speaks: within time limits, and telling what a server in trouble says of itself. */
import http from "node:http";
import https from "node:https";
import { StoreTrouble } from "./trouble.ts";

export interface Limits {
  /** How long an answer may take to begin, and a body to go on, ms. */
  answerMs: number;
}

/** What is sent and what is answered may take this much longer, by its length. */
const SLOWEST_BYTES_PER_MS = 128;
const EXPLANATION_BYTES_MAX = 64 * 1024;
const SERVERS_FAULT = 500;
const LATER = [408, 429, 499];

/** Whoever reads a body by itself takes its time limit over. */
const limited = new WeakMap<http.IncomingMessage, () => void>();
export const takeOver = (response: http.IncomingMessage): void => limited.get(response)?.();

/**
 * The client's own way with an answer that it may try again is to drop it with all that it says, so that a full store
 * would look like a busy one: those answers become errors here, before the client sees them.
 */
export function timedTransport(isSecure: boolean, { answerMs }: Limits): Pick<typeof http, "request"> {
  const { request } = isSecure ? https : http;
  const ask = (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const asked = request(options);
    const sending = limit(answerMs, lengthIn(options.headers), (late) => asked.destroy(late));
    asked.once("close", sending);
    asked.once("response", (response) => {
      sending();
      const receiving = limit(answerMs, lengthIn(response.headers), (late) => response.destroy(late));
      limited.set(response, receiving);
      response.once("close", receiving).once("end", receiving);
      const status = response.statusCode ?? SERVERS_FAULT;
      if (status < SERVERS_FAULT && !LATER.includes(status)) return onResponse(response);
      troubleIn(response, status).then((trouble) => asked.emit("error", trouble));
    });
    return asked;
  };
  return { request: ask as typeof http.request };
}

function limit(answerMs: number, bytes: number, end: (late: StoreTrouble) => void): () => void {
  const ms = answerMs + bytes / SLOWEST_BYTES_PER_MS;
  const late = setTimeout(() => end(new StoreTrouble("TIMEOUT", `no answer in ${Math.round(ms)} ms`)), ms);
  return () => clearTimeout(late);
}

const lengthIn = (headers: http.RequestOptions["headers"]): number =>
  Number((headers as Record<string, string> | undefined)?.["content-length"] ?? 0) || 0;

async function troubleIn(response: http.IncomingMessage, status: number): Promise<StoreTrouble> {
  let text = "";
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > EXPLANATION_BYTES_MAX) break;
    }
  } catch {
    // What it says of itself is cut off; that it is in trouble is known.
  }
  const said = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  const header = response.headers["x-minio-error-code"];
  const code = said ?? (typeof header === "string" ? header : undefined) ?? `HTTP${status}`;
  return new StoreTrouble(code, /<Message>([^<]{1,300})<\/Message>/.exec(text)?.[1] ?? code, status);
}
