/** How a request came to this process: from where, whether over TLS, and to which origin. No header can say so itself. */

export interface Arrival {
  /** The address of whoever asked; undefined where nobody knows, as for requests made in this process. */
  readonly from: string | undefined;
  /** Whether what they sent was encrypted all the way to us, or to a proxy that we trust. */
  readonly isTls: boolean;
  /** What they had asked for, as a browser says `Origin`; undefined: the request's own address says it. */
  readonly origin: string | undefined;
}

export const NOWHERE: Arrival = Object.freeze({ from: undefined, isTls: false, origin: undefined });

/** Beside the requests, not in them: whatever a client sends cannot look like it. */
const arrivals = new WeakMap<Request, Arrival>();

/** For who takes requests from sockets, before anybody else sees them. */
export function arrive(request: Request, arrival: Arrival): Request {
  arrivals.set(request, arrival);
  return request;
}

export const arrivalOf = (request: Request): Arrival => arrivals.get(request) ?? NOWHERE;

/** Whether it came from this machine: from its own address, or from within the process. */
export function isFromHere(request: Request): boolean {
  const { from } = arrivalOf(request);
  return from === undefined || from === "::1" || from.startsWith("127.");
}

export const originOf = (request: Request): string => arrivalOf(request).origin ?? new URL(request.url).origin;
