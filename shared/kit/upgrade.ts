/** How a request becomes a socket: whoever took it from a port offers that, and the service that answers it accepts. */
import { refuse } from "../errors.ts";

/** A client's socket, as the service that talks over it sees it. */
export interface ClientSocket {
  send(text: string): void;
  /** Bytes that the client has not taken yet. */
  waiting(): number;
  close(code: number, reason: string): void;
}
export interface SocketFace {
  /** Of those the client offers; none unless given. */
  protocol?: string;
  opened(socket: ClientSocket): void;
  /** Once, whoever closed it. */
  closed(): void;
}

interface Offer {
  accept(face: SocketFace): boolean;
  isTaken: boolean;
}
/** Beside the requests, as where they came from is. */
const offers = new WeakMap<Request, Offer>();

export const wantsSocket = ({ headers }: Request): boolean => headers.get("upgrade")?.toLowerCase() === "websocket";

/** For who takes requests from sockets; `accept` is false where it is too late. */
export function offerSocket(request: Request, accept: Offer["accept"]): Request {
  offers.set(request, { accept, isTaken: false });
  return request;
}
/** True: there is nothing to be answered any more. */
export const isSocket = (request: Request): boolean => offers.get(request)?.isTaken ?? false;

/** The answer says nothing to anybody: from here on the face talks. Throws INVALID where it cannot become one. */
export function acceptSocket(request: Request, face: SocketFace): Response {
  const offer = offers.get(request);
  if (!offer?.accept(face)) return refuse("INVALID", "This request cannot become a WebSocket.");
  offer.isTaken = true;
  return new Response(null, { status: 204 });
}
