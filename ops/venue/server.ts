/** The venue on real sockets: Bun servers for the spot, USDⓈ-M and admin hosts, on loopback only. */
import type { Server, ServerWebSocket } from "bun";
import { errorBody, errors } from "./binance/errors.ts";
import { VENUE_PORTS } from "./memory-net.ts";
import type { OpenSession, Venue, VenueHost } from "./venue.ts";

export type VenuePorts = Readonly<Record<VenueHost, number>>;

export interface ServedVenue {
  /** The ports that are really taken, where 0 was asked for. */
  readonly ports: VenuePorts;
  stop(): Promise<void>;
}

interface Connection {
  readonly host: VenueHost;
  readonly path: string;
  readonly ip: string;
  side?: OpenSession | undefined;
}
type VenueSocket = ServerWebSocket<Connection>;

const HOSTNAME = "127.0.0.1";
const BODY_BYTES_MAX = 64 * 1024;
/** Bodies that say no length are read up to here, and refused by Bun beyond. */
const READ_BYTES_MAX = 1024 * 1024;
/** A client that does not read is cut off rather than kept in memory. */
const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;
/** Bun's most. The venue itself pings, and ends who does not answer, by its own clock. */
const IDLE_SECONDS = 960;
/** How soon a body must be here, and how long an idle connection is kept; Bun ends slow heads by itself, sooner. */
const SLOW_SECONDS = 60;
/** Longer than any answer is held back on purpose. */
const ANSWER_SECONDS = 255;
const TOO_SLOW = 1008;

/** Serves until stopped. Throws an Error that names the port when one is taken. */
export function serveVenue(
  venue: Venue,
  options: { ports?: Partial<VenuePorts>; hostname?: string } = {},
): ServedVenue {
  const wanted = { ...VENUE_PORTS, ...options.ports };
  const { hostname = HOSTNAME } = options;
  const servers: Server<Connection>[] = [];
  const taken: Record<string, number> = {};
  for (const host of ["spot", "um", "admin"] as const) {
    try {
      const server = serveHost(venue, host, { hostname, port: wanted[host] });
      servers.push(server);
      taken[host] = server.port ?? wanted[host];
    } catch (error) {
      for (const server of servers) server.stop(true);
      throw new Error(
        `The venue's ${host} host cannot listen on ${hostname}:${wanted[host]}: ${(error as Error).message}`,
      );
    }
  }
  return {
    ports: taken as VenuePorts,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop(true)));
    },
  };
}

function serveHost(venue: Venue, host: VenueHost, at: { hostname: string; port: number }): Server<Connection> {
  return Bun.serve<Connection>({
    ...at,
    maxRequestBodySize: READ_BYTES_MAX,
    idleTimeout: SLOW_SECONDS,
    fetch: (request, server) => answer(venue, host, { request, server }),
    websocket: {
      idleTimeout: IDLE_SECONDS,
      sendPings: false,
      maxPayloadLength: BODY_BYTES_MAX,
      backpressureLimit: BACKLOG_BYTES_MAX,
      closeOnBackpressureLimit: true,
      open: (socket) => opened(venue, socket),
      message: (socket, message) => socket.data.side?.message(String(message)),
      ping: (socket) => socket.data.side?.framed?.(),
      pong: (socket) => {
        socket.data.side?.pong();
        socket.data.side?.framed?.();
      },
      close: (socket) => socket.data.side?.closed(),
    },
  });
}

async function answer(
  venue: Venue,
  host: VenueHost,
  { request, server }: { request: Request; server: Server<Connection> },
): Promise<Response | undefined> {
  const path = pathOf(request.url);
  const ip = server.requestIP(request)?.address ?? "";
  if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
    if (server.upgrade(request, { data: { host, path, ip } })) return undefined;
    return new Response("This path takes WebSocket connections only", { status: 400 });
  }
  if (Number(request.headers.get("content-length") ?? 0) > BODY_BYTES_MAX) return tooLarge();
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) headers[name.toLowerCase()] = value;
  const body = request.body === null ? undefined : await request.text();
  // Here in full: from now on it is the venue that takes its time.
  server.timeout(request, ANSWER_SECONDS);
  const said = await venue.rest(host, { method: request.method, path, headers, body, ip });
  return new Response(said.body, { status: said.status, headers: said.headers });
}

function tooLarge(): Response {
  const error = errors.tooMany();
  return new Response(errorBody(error), { status: error.status, headers: { "content-type": "application/json" } });
}

/** What follows the authority, verbatim: signatures are taken over it. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "/" : url.slice(start);
}

/** What is said to a socket within one moment goes out together: one system call instead of one a message. */
class Outgoing {
  private readonly socket: VenueSocket;
  private waiting: string[] = [];

  constructor(socket: VenueSocket) {
    this.socket = socket;
  }

  send(text: string): void {
    if (this.waiting.push(text) === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    const texts = this.waiting;
    if (texts.length === 0) return;
    this.waiting = [];
    const { socket } = this;
    let isTooSlow = false;
    socket.cork(() => {
      for (const text of texts) {
        // −1 is backpressure: kept by Bun up to its limit, which closes the socket; 0 is a socket that is gone.
        isTooSlow ||= socket.send(text) === 0 && socket.readyState === WebSocket.OPEN;
      }
    });
    if (isTooSlow) socket.close(TOO_SLOW, "Too slow");
  }
}

function opened(venue: Venue, socket: VenueSocket): void {
  const { host, path, ip } = socket.data;
  const outgoing = new Outgoing(socket);
  const wire = {
    send: (text: string): void => outgoing.send(text),
    close: (code: number, reason: string): void => {
      outgoing.flush();
      socket.close(code, reason);
    },
    ping: (payload: string): void => {
      socket.ping(payload);
    },
  };
  const side = venue.open(host, path, wire, ip);
  if (side) socket.data.side = side;
  else socket.close(TOO_SLOW, "No such stream");
}
