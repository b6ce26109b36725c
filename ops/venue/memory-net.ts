/** The Net port straight into a venue, on its clock and without sockets: for the simulator, replays and tests. */

import type { SocketEvents } from "../../shared/kit/ports.ts";
import {
  type Clock,
  type Net,
  NetError,
  type NetRequest,
  type NetResponse,
  type Socket,
} from "../../shared/kit/ports.ts";
import type { Venue } from "./venue.ts";

export const VENUE_PORTS = { spot: 8093, um: 8094, admin: 8095 } as const;

function target(url: string): { host: "spot" | "um"; path: string } {
  const { port, pathname, search } = new URL(url);
  const path = pathname + search;
  if (port === String(VENUE_PORTS.spot)) return { host: "spot", path };
  if (port === String(VENUE_PORTS.um)) return { host: "um", path };
  throw new NetError("refused", `Nothing listens at ${url.slice(0, 100)}`);
}

/** Knows http and ws URLs of 127.0.0.1:8093 and :8094; everything else is refused. */
export function venueNet(venue: Venue, clock: Clock): Net {
  return {
    fetch: (request) => fetchFrom(venue, clock, request),
    connect: (url, events) => connectTo(venue, clock, { url, events }),
  };
}

async function fetchFrom(venue: Venue, clock: Clock, request: NetRequest): Promise<NetResponse> {
  const { host, path } = target(request.url);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const { method, body, timeoutMs } = request;
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => {
      reject(new NetError("unknown", `No answer within ${timeoutMs} ms`));
    });
    venue
      .rest(host, { method, path, headers, ...(body === undefined ? {} : { body }) })
      .finally(cancel)
      .then(resolve, reject);
  });
}

function connectTo(venue: Venue, clock: Clock, { url, events }: { url: string; events: SocketEvents }): Socket {
  let state: "opening" | "open" | "closed" = "opening";
  const end = (reason: string): void => {
    if (state === "closed") return;
    state = "closed";
    events.close(reason);
  };
  let side: ReturnType<Venue["open"]>;
  clock.after(0, () => {
    if (state !== "opening") return;
    const { host, path } = target(url);
    const early: string[] = [];
    side = venue.open(host, path, {
      send: (text) => {
        if (state === "opening") early.push(text);
        else if (state === "open") events.message(text);
      },
      close: (code, reason) => end(`${code} ${reason}`),
    });
    if (!side) end("404 no such path");
    if (state !== "opening") return;
    // The session is there before the client hears of it, which may send at once.
    state = "open";
    events.open();
    for (const text of early) events.message(text);
  });
  return {
    send: (text) => {
      if (state === "open") side?.message(text);
    },
    close: () => {
      side?.closed();
      end("closed");
    },
  };
}
