/** Puts hosted services on their ports: loopback by default, taken ports named, streams not cut. */
import type { Hosted } from "../../shared/kit/host.ts";

const HOST = "127.0.0.1";
/** Bun ends a silent response after this many seconds unless told otherwise; event streams are silent at times. */
const IDLE_SECONDS = 0;

export interface Served {
  port: number;
  stop(): Promise<void>;
}

/** Throws an Error that names the port when it is taken. */
export function servePort(hosted: Pick<Hosted, "fetch">, what: string, port: number): Served {
  try {
    const server = Bun.serve({
      hostname: HOST,
      port,
      idleTimeout: IDLE_SECONDS,
      fetch: (request) => hosted.fetch(request),
    });
    return { port: server.port ?? port, stop: () => server.stop(true) };
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    throw new Error(
      `Port ${port} of ${what} is taken. Is Chimera running already? ./chimera status tells; ./chimera down stops it.`,
    );
  }
}
