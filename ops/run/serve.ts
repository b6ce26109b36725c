/** Puts hosted services on their ports: loopback by default, taken ports named, streams not cut. */
import { type Arrival, arrive } from "../../shared/kit/arrival.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { isSocket, offerSocket, type SocketFace, wantsSocket } from "../../shared/kit/upgrade.ts";
import { LOOPBACK } from "./process-settings.ts";
import { canSharePorts, isAlsoOthers, takeAllAt } from "./shared-port.ts";

/** Bun ends a silent response after this many seconds unless told otherwise; event streams are silent at times. */
const IDLE_SECONDS = 0;
/** Sockets are pinged well before; one that does not answer for so long is closed. */
const SOCKET_IDLE_SECONDS = 120;
/** What is in hand at the end is waited for this long. */
const FINISH_MS_MAX = 2_000;
const FINISH_LOOK_MS = 10;
/** Whoever has been answered last has so long for its next request, and whoever has connected for its first. */
const QUIET_MS = 300;
/** Who listens to live events has nothing to say. */
const SAID_BYTES_MAX = 4_096;
/** Who reaches a service's own port is on this machine, or in the closed network that stands for it. */
const LOCAL: Arrival = { from: LOOPBACK, isTls: false, origin: undefined };

export interface Served {
  port: number;
  stop(): Promise<void>;
}
/** One that others ask all the time, over connections that they keep. */
export interface ServedPeer extends Served {
  /** From now on whoever is answered has to come by a new connection: soon this one will be gone. */
  leave(): void;
  /** Resolves when nothing has been asked for a moment, or some seconds later. */
  quiet(): Promise<void>;
  /** Stops when what is in hand is answered. */
  finish(): Promise<void>;
  /** Another process can listen beside it, and take its place before it goes. */
  isShared: boolean;
  /** Of two at its port it has all that is new; else the system spreads it, and a few may be cut off when one goes. */
  takesAll: boolean;
}

/** Throws an Error that names the port when it is taken. */
export const servePort = (
  hosted: Pick<Hosted, "fetch">,
  what: string,
  at: Pick<Listening, "hostname" | "port" | "tls">,
): ServedPeer => listen(what, { ...at, answer: (request) => hosted.fetch(arrive(request, LOCAL)) });

export type Server = Pick<ReturnType<typeof Bun.serve>, "requestIP">;
export interface Listening {
  hostname?: string;
  port: number;
  /** PEM. */
  tls?: { cert: string; key: string };
  idleSeconds?: number;
  /**
   * Another process may listen here for a moment: `next` to one that is there, whose place this one takes, or `first`,
   * where a port that anybody has is taken. Where ports cannot be shared it changes nothing.
   */
  shares?: "first" | "next";
  answer(request: Request, server: Server): Response | Promise<Response>;
}

/** `soon`: what is being answered is finished; else it is cut. Throws an Error that names a taken port. */
export function listen(what: string, listening: Listening): ServedPeer & { stop(soon?: boolean): Promise<void> } {
  const { hostname = LOOPBACK, port, tls, idleSeconds = IDLE_SECONDS, answer } = listening;
  let shares = canSharePorts ? listening.shares : undefined;
  let inHand = 0;
  let asked = 0;
  let isLeaving = false;
  try {
    // Two that may share a port would share it with a second installation too, which nobody would be told of.
    if (shares === "first") mustBeFree(hostname, port);
    const serve = (reusePort: boolean) =>
      Bun.serve({
        hostname,
        port,
        reusePort,
        idleTimeout: idleSeconds,
        ...(tls && { tls }),
        async fetch(request, server) {
          if (wantsSocket(request)) offerSocket(request, (face) => server.upgrade(request, asSocket(face)));
          inHand++;
          asked++;
          try {
            const response = await answer(request, server);
            if (isLeaving) response.headers.set("connection", "close");
            return isSocket(request) ? undefined : response;
          } finally {
            inHand--;
          }
        },
        websocket: SOCKETS,
      });
    let server: ReturnType<typeof serve>;
    try {
      server = serve(shares !== undefined);
    } catch (error) {
      // Not every system allows it: there a port has one listener, as elsewhere.
      if (shares !== "first" || TAKEN.includes((error as { code?: string }).code ?? "")) throw error;
      shares = undefined;
      server = serve(false);
    }
    const at = server.port ?? port;
    // Somebody may have come between the look and the listening.
    if (shares === "first" && isAlsoOthers(at)) {
      void server.stop(true);
      throw Object.assign(new Error("taken meanwhile"), { code: "EADDRINUSE" });
    }
    const takesAll = shares !== "next" || takeAllAt(at);
    return {
      port: at,
      isShared: shares !== undefined,
      takesAll,
      stop: (soon = false) => server.stop(!soon),
      leave() {
        isLeaving = true;
      },
      async quiet() {
        let seen = asked;
        let quietMs = 0;
        for (let waited = 0; quietMs < QUIET_MS && waited < FINISH_MS_MAX; waited += FINISH_LOOK_MS) {
          await Bun.sleep(FINISH_LOOK_MS);
          const isStill = asked === seen && inHand === 0;
          quietMs = isStill ? quietMs + FINISH_LOOK_MS : 0;
          seen = asked;
        }
      },
      async finish() {
        for (let waited = 0; inHand > 0 && waited < FINISH_MS_MAX; waited += FINISH_LOOK_MS) {
          await Bun.sleep(FINISH_LOOK_MS);
        }
        // The last answers are on their way out.
        await Bun.sleep(FINISH_LOOK_MS);
        await server.stop(true);
      },
    };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EADDRNOTAVAIL") throw new Error(`${hostname} is no address of this machine, for ${what}.`);
    if (code !== "EADDRINUSE") throw error;
    throw new Error(
      `Port ${port} of ${what} is taken. Is Chimera running already? ./chimera status tells; ./chimera down stops it.`,
    );
  }
}

const TAKEN = ["EADDRINUSE", "EADDRNOTAVAIL", "EACCES"];

/** Throws as Bun does where it is taken. */
function mustBeFree(hostname: string, port: number): void {
  if (port > 0) void Bun.serve({ hostname, port, fetch: () => new Response() }).stop(true);
}

const asSocket = (face: SocketFace) => ({
  data: face,
  ...(face.protocol !== undefined && { headers: { "sec-websocket-protocol": face.protocol } }),
});

const SOCKETS: Bun.WebSocketHandler<SocketFace> = {
  idleTimeout: SOCKET_IDLE_SECONDS,
  maxPayloadLength: SAID_BYTES_MAX,
  open: (socket) =>
    socket.data.opened({
      send: (text) => void socket.send(text),
      waiting: () => socket.getBufferedAmount(),
      close: (code, reason) => socket.close(code, reason),
    }),
  message() {},
  close: (socket) => socket.data.closed(),
};
