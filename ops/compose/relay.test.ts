import { afterEach, expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../shared/testing/redis-server.ts";
import { relay } from "./relay.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function peer(met: (socket: Socket) => void): Promise<number> {
  const server = createServer(met);
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return (server.address() as { port: number }).port;
}
async function relayTo(port: number): Promise<number> {
  const near = await freePort();
  servers.push(...(await relay([`${near}:127.0.0.1:${port}`], "127.0.0.1")));
  return near;
}
const closed = (socket: Socket) =>
  new Promise<void>((done) => socket.once("close", () => done()).on("error", () => {}));

test("what is said on one side is heard on the other, both ways", async () => {
  const near = await relayTo(await peer((socket) => socket.on("data", (bytes) => socket.end(`${bytes} back`))));
  const socket = connect({ port: near, host: "127.0.0.1" });
  socket.write("there");
  expect(await new Response(socket as unknown as ReadableStream).text()).toBe("there back");
});

test("whoever ends it ends it for both, and a peer that is not there is a closed connection", async () => {
  let far: Socket | undefined;
  const near = await relayTo(
    await peer((socket) => {
      far = socket.on("error", () => {});
      socket.write("x");
    }),
  );
  const socket = connect({ port: near, host: "127.0.0.1" });
  await new Promise((heard) => socket.once("data", heard));
  const ended = closed(far as Socket);
  socket.destroy();
  await ended;
  await closed(connect({ port: await relayTo(1), host: "127.0.0.1" }));
});

test("what is no route is refused", async () => {
  await expect(relay([])).rejects.toThrow("PORT:HOST:PORT");
  await expect(relay(["8081:s01 exchange:8081"])).rejects.toThrow("is no route");
});
