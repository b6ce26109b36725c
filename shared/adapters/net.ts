/** Sockets to the outside, by the runtime's own fetch and WebSocket. */
import { assert } from "../errors.ts";
import {
  type Cancel,
  type Clock,
  type Net,
  NetError,
  type NetRequest,
  type NetResponse,
  type SocketEvents,
} from "../kit/ports.ts";

import type { PeerNames } from "./peer-names.ts";

/** The longest answer taken; an exchange's full listing is about a tenth of it. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
const WHOLE_BYTES_MAX = 64 * 1024;
/** How long a peer may take to answer our close before the socket is cut. */
const CLOSE_MS = 2_000;

/** Failures that come before the first byte of the request is sent: no connection, no name, no trust. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|ERR_INVALID|FailedToOpenSocket|UNABLE_TO_)|CERT|TLS/;

export interface FetchNetOptions {
  bodyBytesMax?: number;
  /** How peers over TLS prove themselves, where they are not known by public authorities. */
  trust?: PeerNames["trust"];
}

export function fetchNet(clock: Clock, options: FetchNetOptions = {}): Net {
  return {
    fetch: (request) => fetchOne(clock, request, options),
    connect: (url, events) => connectOne(clock, url, events),
  };
}

/** Redirects are answers like any other: nothing is sent where the caller did not say. */
async function fetchOne(
  clock: Clock,
  request: NetRequest,
  { bodyBytesMax = BODY_BYTES_MAX, trust }: FetchNetOptions,
): Promise<NetResponse> {
  const { method, url, headers, body, timeoutMs } = request;
  if (!/^https?:\/\//.test(url)) throw new NetError("refused", "only http and https are spoken here");
  const control = new AbortController();
  const cancel = clock.after(timeoutMs, () => control.abort(new NetError("unknown", `no answer in ${timeoutMs} ms`)));
  try {
    const signal = control.signal;
    const tls = url.startsWith("https:") ? trust?.(url) : undefined;
    const init = { method, headers, signal, redirect: "manual" as const, ...(body === undefined ? {} : { body }) };
    const response = await fetch(url, tls ? { ...init, tls } : init);
    const text = await readBody(response, bodyBytesMax);
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
  } catch (error) {
    throw control.signal.aborted ? control.signal.reason : asNetError(error);
  } finally {
    cancel();
  }
}

async function readBody(response: Response, bytesMax: number): Promise<string> {
  // As a stream a short answer would cost more than the rest of the call: only one of unknown length is read so.
  const declared = Number(response.headers.get("content-length") ?? Number.NaN);
  if (declared <= WHOLE_BYTES_MAX) return response.text();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    // It answered, so what was asked may have been done.
    if (bytes > bytesMax) throw new NetError("unknown", `the answer is longer than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function asNetError(error: unknown): NetError {
  if (error instanceof NetError) return error;
  const { code = "", message } = error as { code?: string; message: string };
  return new NetError(BEFORE_SENDING.test(code) ? "refused" : "unknown", code === "" ? message : code);
}

function connectOne(clock: Clock, url: string, events: SocketEvents): ReturnType<Net["connect"]> {
  assert(/^wss?:\/\//.test(url), "a socket's address begins with ws: or wss:");
  const socket = new WebSocket(url) as WebSocket & { terminate(): void };
  let ended = false;
  let cutting: Cancel | undefined;
  const end = (reason: string) => {
    if (ended) return;
    ended = true;
    cutting?.();
    events.close(reason);
  };
  socket.addEventListener("open", () => {
    if (!ended) events.open();
  });
  socket.addEventListener("message", ({ data }) => {
    if (!ended) events.message(typeof data === "string" ? data : Buffer.from(data as ArrayBuffer).toString());
  });
  // An error is always followed by a close, which alone ends the socket.
  socket.addEventListener("error", () => {});
  socket.addEventListener("close", ({ code, reason }) => end(reason === "" ? String(code) : `${code} ${reason}`));
  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) throw new NetError("refused", "the socket is not open");
      socket.send(text);
    },
    close() {
      if (ended || cutting) return;
      socket.close();
      cutting = clock.after(CLOSE_MS, () => {
        socket.terminate();
        end("closed by us");
      });
    },
  };
}
