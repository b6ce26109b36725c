/** Servers on loopback that do to whoever connects just what a test says, over plain sockets or TLS. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { generate } from "selfsigned";

export interface TestCertificate {
  key: string;
  cert: string;
}
export interface RawServer {
  port: number;
  /** How many have connected. */
  connections(): number;
  stop(): void;
}

/** A certificate that is good for one name, and its own authority. */
export async function certificateFor(name: string): Promise<TestCertificate> {
  const made = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: name }] }],
  });
  return { key: made.private, cert: made.cert };
}

/** `certificate`: TLS from the first byte. */
export async function rawServer(met: (socket: Socket) => void, certificate?: TestCertificate): Promise<RawServer> {
  const open = new Set<Socket>();
  let count = 0;
  const take = (socket: Socket): void => {
    count++;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    met(socket);
  };
  const server: Server = certificate ? createTlsServer(certificate, take) : createServer(take);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as { port: number }).port,
    connections: () => count,
    stop() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

export interface HeardRequest {
  /** Method and path. */
  line: string;
  headers: Record<string, string>;
  body: string;
}

/** An HTTP server that answers by `answer`: the text as it goes onto the socket; undefined: never. */
export function httpServer(
  answer: (request: HeardRequest, socket: Socket) => string | undefined,
  certificate?: TestCertificate,
): Promise<RawServer> {
  return rawServer((socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
      const request = readRequest(text);
      if (!request) return;
      text = "";
      const told = answer(request, socket);
      if (told !== undefined) socket.end(told);
    });
  }, certificate);
}

/** Undefined while it is not all there. */
function readRequest(text: string): HeardRequest | undefined {
  const at = text.indexOf("\r\n\r\n");
  if (at < 0) return undefined;
  const [line = "", ...lines] = text.slice(0, at).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((each) => {
      const [name = "", ...value] = each.split(":");
      return [name.toLowerCase(), value.join(":").trim()];
    }),
  );
  const body = text.slice(at + 4);
  if (Buffer.byteLength(body) < Number(headers["content-length"] ?? 0)) return undefined;
  return { line: line.replace(/ HTTP\/1\.1$/, ""), headers, body };
}

export const httpAnswer = (status: number, body = "", headers: Record<string, string> = {}): string => {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Told\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more.join("")}\r\n${body}`;
};
