import { expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { netContract } from "../testing/net.contract.ts";
import { wallClock } from "./clock.ts";
import { fetchNet } from "./net.ts";

const MEGABYTE = 1_024 * 1_024;

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/echo") {
    const body = await request.text();
    const echo = { method: request.method, asked: request.headers.get("x-asked"), body };
    return Response.json(echo, { headers: { "X-Mixed": "Yes" } });
  }
  if (pathname === "/redirect") return new Response("", { status: 302, headers: { location: "/echo" } });
  if (pathname === "/long") return new Response("x".repeat(2 * MEGABYTE));
  if (pathname === "/hang") return new Promise(() => {});
  return new Response(null, { status: Number(pathname.split("/")[2]) });
}

/** Reads one request, then closes; what the HTTP peer cannot do. */
async function cutter(): Promise<{ port: number; close(): void }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

netContract("fetch and WebSocket", async () => {
  const cut = await cutter();
  const closed = await cutter();
  closed.close();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request, self) {
      if (new URL(request.url).pathname === "/socket" && self.upgrade(request, { data: undefined })) return undefined;
      return answer(request);
    },
    websocket: {
      message(socket, text) {
        if (text === "bye") socket.close(4000, "done");
        else socket.send(text);
      },
    },
  });
  const net = fetchNet(wallClock(), { bodyBytesMax: MEGABYTE });
  return {
    net: {
      connect: net.connect,
      fetch: (request) => net.fetch({ ...request, url: request.url.replace(/:\d+\/cut$/, `:${cut.port}/`) }),
    },
    http: `http://127.0.0.1:${server.port}`,
    ws: `ws://127.0.0.1:${server.port}`,
    nobody: `127.0.0.1:${closed.port}`,
    async end() {
      cut.close();
      await server.stop(true);
    },
  };
});

test("a socket's address must be one", () => {
  for (const url of ["", "http://a", "nonsense"]) {
    const events = { open() {}, message() {}, close() {} };
    expect(() => fetchNet(wallClock()).connect(url, events)).toThrow("Invariant");
  }
});

test("a peer that never answers our close is cut off", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (.*)\r/i.exec(head.toString())![1];
      const accept = new Bun.CryptoHasher("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
      socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  let closes = 0;
  const socket = fetchNet(wallClock(100)).connect(`ws://127.0.0.1:${port}/`, {
    open: () => socket.close(),
    message() {},
    close() {
      closes++;
      resolve();
    },
  });
  await promise;
  await Bun.sleep(30);
  expect(closes).toBe(1);
  server.close();
});
