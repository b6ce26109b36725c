/** Puts hosted services on their ports: loopback by default, taken ports named, streams not cut. */
import { type Arrival, arrive } from "../../shared/kit/arrival.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { isSocket, offerSocket, type SocketFace, wantsSocket } from "../../shared/kit/upgrade.ts";
import { LOOPBACK } from "./process-settings.ts";

/** Bun ends a silent response after this many seconds unless told otherwise; event streams are silent at times. */
const IDLE_SECONDS = 0;
/** Sockets are pinged well before; one that does not answer for so long is closed. */
const SOCKET_IDLE_SECONDS = 120;
/** What is in hand at the end is waited for this long. */
const FINISH_MS_MAX = 2_000;
const FINISH_LOOK_MS = 10;
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
  /** Stops when what is in hand is answered. */
  finish(): Promise<void>;
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
  answer(request: Request, server: Server): Response | Promise<Response>;
}

/** `soon`: what is being answered is finished; else it is cut. Throws an Error that names a taken port. */
export function listen(what: string, listening: Listening): ServedPeer & { stop(soon?: boolean): Promise<void> } {
  const { hostname = LOOPBACK, port, tls, idleSeconds = IDLE_SECONDS, answer } = listening;
  let inHand = 0;
  let isLeaving = false;
  try {
    const server = Bun.serve({
      hostname,
      port,
      idleTimeout: idleSeconds,
      ...(tls && { tls }),
      async fetch(request, server) {
        if (wantsSocket(request)) offerSocket(request, (face) => server.upgrade(request, asSocket(face)));
        inHand++;
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
    return {
      port: server.port ?? port,
      stop: (soon = false) => server.stop(!soon),
      leave() {
        isLeaving = true;
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
