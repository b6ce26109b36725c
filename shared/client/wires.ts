/** The two ways on which live events come: a WebSocket, and a stream of server-sent events where there is none. */
import type { Caller } from "./call.ts";
import { createSseReader, type Frame, readFrame } from "./frames.ts";
import { problemOf } from "./problem.ts";

const EVENTS_PATH = "/api/v1/events";
/** The subprotocol, and how a token rides beside it where no header can be sent. */
const PROTOCOL = "chimera.v1";
const TOKEN_MARK = "bearer.";

export interface Wanted {
  query: Readonly<Record<string, string>>;
  /** The last event seen; empty for none. */
  after: string;
  signal: AbortSignal;
  hear(frames: Frame[]): void;
}
/** Listens until it breaks: always rejects, with why. */
export type Wire = (caller: Caller, wanted: Wanted) => Promise<never>;

export const overSocket: Wire = async ({ access, address }, { query, after, signal, hear }) => {
  const token = await access.token();
  const url = address(EVENTS_PATH, { ...query, ...(after !== "" && { after }) });
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, token === undefined ? [PROTOCOL] : [PROTOCOL, TOKEN_MARK + token]);
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason);
      socket.close();
    });
    socket.onmessage = ({ data }) => {
      if (!signal.aborted) hear([readFrame(String(data))]);
    };
    // An error is always followed by a close.
    socket.onclose = ({ code, reason }) => reject(new Error(reason === "" ? `closed: ${code}` : reason));
  });
};

export const overStream: Wire = async ({ access, address, fetch }, { query, after, signal, hear }) => {
  const ask = async () => {
    const sent = await access.headers();
    const headers = { ...sent, accept: "text/event-stream", ...(after !== "" && { "last-event-id": after }) };
    const { credentials } = access;
    const response = await fetch(new Request(address(EVENTS_PATH, query), { headers, credentials, signal }));
    return { sent, response };
  };
  let { sent, response } = await ask();
  if (response.status === 401 && (await access.renew(sent))) ({ response } = await ask());
  if (!response.ok || !response.body) throw await problemOf(response);
  const read = createSseReader();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The stream ended.");
    // A part without an event is a sign of life all the same.
    hear(read(value));
  }
};
