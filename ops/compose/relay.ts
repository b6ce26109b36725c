/** Passes connections on: from a port of this container to one of another, whichever of its replicas is there. */
import { connect, createServer, type Server, type Socket } from "node:net";

interface Route {
  port: number;
  host: string;
  to: number;
}

/** Listens until the process is ended. Throws an Error for a route that is none, or a port that is taken. */
export async function relay(texts: readonly string[], hostname = "0.0.0.0"): Promise<Server[]> {
  if (texts.length === 0) throw new Error("Say what to pass on: relay PORT:HOST:PORT …");
  return Promise.all(texts.map(routeOf).map((route) => listen(route, hostname)));
}

function routeOf(text: string): Route {
  const [, port, host, to] = /^(\d{1,5}):([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined) throw new Error(`${JSON.stringify(text)} is no route; such are 8081:s01-exchange:8081.`);
  return { port: Number(port), host, to: Number(to) };
}

function listen({ port, host, to }: Route, hostname: string): Promise<Server> {
  const server = createServer((near) => {
    // The name is looked up for each: replicas come and go.
    const far = connect({ host, port: to });
    joined(near, far);
    joined(far, near);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => resolve(server));
  });
}

/** What ends on one side ends on the other, and a side that breaks takes the other with it. */
function joined(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
