/** Live events for people, as server-sent events: one stream a view, resumable, dropped when it reads too slowly. */
import { refuse } from "../../shared/errors.ts";
import type { Cancel } from "../../shared/kit/ports.ts";
import { FAMILIES, type Feed, type Listener } from "./live-feed.ts";

export const LISTENERS_MAX = 200;
/** A client that reads too slowly is let go at this many waiting chunks; it comes back and resumes. */
const WAITING_MAX = 500;

interface Wish {
  families: ReadonlySet<string>;
  instrument: string | undefined;
  /** The last event the client has seen; NaN for none. */
  after: number;
}

/** `GET /events?topics=&instrument=`; `hello` is the first event, for the clock's skew and the mode. */
export function openEvents(
  feed: Feed,
  request: Request,
  { hello, mayListen }: { hello: Record<string, unknown>; mayListen(): Promise<boolean> },
): Response {
  if (feed.size() >= LISTENERS_MAX)
    refuse("RATE_LIMITED", `At most ${LISTENERS_MAX} live views.`, { retryAfterMs: 5_000 });
  const wish = readWish(request);
  let close: Cancel = () => {};
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        close = attach(feed, controller, { ...wish, hello, mayListen });
        if (request.signal.aborted) close();
        request.signal.addEventListener("abort", () => close());
      },
      cancel: () => close(),
    },
    { highWaterMark: WAITING_MAX },
  );
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

function readWish(request: Request): Wish {
  const query = new URL(request.url).searchParams;
  const topics = (query.get("topics") ?? "").split(",").filter((topic) => topic !== "");
  const unknown = topics.find((topic) => !FAMILIES.has(topic));
  if (unknown !== undefined) refuse("INVALID", `topics: ${JSON.stringify(unknown.slice(0, 40))} is none.`);
  return {
    families: topics.length > 0 ? new Set(topics) : FAMILIES,
    instrument: query.get("instrument") ?? undefined,
    after: Number(request.headers.get("last-event-id") ?? query.get("after") ?? Number.NaN),
  };
}

function attach(
  feed: Feed,
  controller: ReadableStreamDefaultController<Uint8Array>,
  { hello, after, ...wish }: Wish & { hello: Record<string, unknown>; mayListen(): Promise<boolean> },
): Cancel {
  const encoder = new TextEncoder();
  const listener: Listener = {
    ...wish,
    send(text) {
      if ((controller.desiredSize ?? 0) <= 0) close();
      else controller.enqueue(encoder.encode(text));
    },
    end: () => close(),
  };
  const close = (): void => {
    if (!feed.leave(listener)) return;
    try {
      controller.close();
    } catch {
      // The client has closed it already.
    }
  };
  listener.send(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`);
  feed.join(listener, after);
  return close;
}
