/** Live events for people, over WebSocket and as server-sent events: resumable, and let go when they read too slowly. */
import { refuse } from "../../shared/errors.ts";
import { originOf } from "../../shared/kit/arrival.ts";
import type { Cancel } from "../../shared/kit/ports.ts";
import { acceptSocket, type ClientSocket, wantsSocket } from "../../shared/kit/upgrade.ts";
import type { Frame } from "./live-backlog.ts";
import { FAMILIES, type Feed, type Listener } from "./live-feed.ts";

export const LISTENERS_MAX = 200;
/** Of one person, with all their keys: nobody keeps everybody else from looking. */
const OF_ONE_MAX = 50;
/** A client that has not taken so much is let go; it comes back and resumes. */
const WAITING_BYTES_MAX = 4_000_000;
/** The subprotocol that is spoken; a token rides beside it, which no browser can send otherwise. */
const PROTOCOL = "chimera.v1";
const TOO_SLOW = "Too slow: too much waited to be read. Come back and resume.";
/** Of RFC 6455: come again later. */
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;

interface Wish {
  families: ReadonlySet<string>;
  instrument: string | undefined;
  /** The last event the client has seen; empty for none. */
  after: string;
}
export interface Listening {
  /** The first event, for the clock's skew and the mode. */
  hello: Record<string, unknown>;
  whose: string;
  mayListen(): Promise<boolean>;
}
/** One client's end of it. */
interface Line {
  send(frames: readonly Frame[]): void;
  /** What waits to be read. */
  waitingBytes(): number;
  close(reason: string): void;
}

/** `GET /events?topics=&instrument=&after=`, with `Upgrade: websocket` or without. */
export function openEvents(feed: Feed, request: Request, listening: Listening): Response {
  if (feed.size() >= LISTENERS_MAX)
    refuse("RATE_LIMITED", `At most ${LISTENERS_MAX} live views.`, { retryAfterMs: 5_000 });
  if (feed.size(listening.whose) >= OF_ONE_MAX)
    refuse("RATE_LIMITED", `At most ${OF_ONE_MAX} live views of one person.`, { retryAfterMs: 5_000 });
  const wish = readWish(request);
  const begin = (line: Line): Cancel => attach(feed, line, { ...wish, ...listening });
  return wantsSocket(request) ? overSocket(request, begin) : overStream(request, begin);
}

function readWish(request: Request): Wish {
  const query = new URL(request.url).searchParams;
  const topics = (query.get("topics") ?? "").split(",").filter((topic) => topic !== "");
  const unknown = topics.find((topic) => !FAMILIES.has(topic));
  if (unknown !== undefined) refuse("INVALID", `topics: ${JSON.stringify(unknown.slice(0, 40))} is none.`);
  return {
    families: topics.length > 0 ? new Set(topics) : FAMILIES,
    instrument: query.get("instrument") ?? undefined,
    after: request.headers.get("last-event-id") ?? query.get("after") ?? "",
  };
}

/** Answers how the client's leaving is told. */
function attach(feed: Feed, line: Line, { hello, after, ...wish }: Wish & Listening): Cancel {
  const end = (reason: string): void => {
    isOver = true;
    if (feed.leave(listener)) line.close(reason);
  };
  let isOver = false;
  const listener: Listener = {
    ...wish,
    send(frames) {
      if (isOver) end("It is over.");
      else if (line.waitingBytes() > WAITING_BYTES_MAX) end(TOO_SLOW);
      else line.send(frames);
    },
    end,
  };
  line.send([{ event: "hello", data: JSON.stringify(hello) }]);
  void feed.join(listener, after);
  return () => {
    isOver = true;
    feed.leave(listener);
  };
}

const asSse = ({ id, event, data }: Frame): string =>
  event === "alive" ? ": alive\n\n" : `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

function overStream(request: Request, begin: (line: Line) => Cancel): Response {
  const encoder = new TextEncoder();
  let leave: Cancel = () => {};
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (frames: readonly Frame[]) => controller.enqueue(encoder.encode(frames.map(asSse).join("")));
        leave = begin({
          send: write,
          waitingBytes: () => WAITING_BYTES_MAX - (controller.desiredSize ?? 0),
          close(reason) {
            try {
              write([{ event: "bye", data: JSON.stringify({ reason }) }]);
              controller.close();
            } catch {
              // The client has closed it already.
            }
          },
        });
        if (request.signal.aborted) leave();
        request.signal.addEventListener("abort", () => leave());
      },
      cancel: () => leave(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: WAITING_BYTES_MAX }),
  );
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

const asMessage = ({ id, event, data }: Frame): string =>
  `{${id === undefined ? "" : `"id":"${id}",`}"event":"${event}","data":${data}}`;

/** A browser says which page opens a socket, and lets every page try. */
function mustBeOurPage(request: Request): void {
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== originOf(request)) refuse("FORBIDDEN", "This came from another site's page.");
}

function overSocket(request: Request, begin: (line: Line) => Cancel): Response {
  mustBeOurPage(request);
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  let leave: Cancel = () => {};
  return acceptSocket(request, {
    ...(offered.includes(PROTOCOL) && { protocol: PROTOCOL }),
    opened(socket: ClientSocket) {
      leave = begin({
        send(frames) {
          for (const frame of frames) socket.send(asMessage(frame));
        },
        waitingBytes: socket.waiting,
        close: (reason) => socket.close(reason === TOO_SLOW ? TRY_AGAIN_LATER : GOING_AWAY, reason),
      });
    },
    closed: () => leave(),
  });
}
