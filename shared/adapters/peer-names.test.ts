import { afterAll, beforeAll, expect, test } from "bun:test";
import { type MadeAuthority, makeAuthority } from "../testing/authority.ts";
import { wallClock } from "./clock.ts";
import { fetchNet } from "./net.ts";
import { peerNames } from "./peer-names.ts";

const both = async () => [
  { address: "fd00::2", family: 6 },
  { address: "10.0.0.3", family: 4 },
  { address: "10.0.0.2", family: 4 },
];

test("a name stands for its addresses in a steady order, each replica once", async () => {
  const names = peerNames("CA", both);
  expect(await names.resolve("https://s04-router:8084")).toEqual(["https://10.0.0.2:8084", "https://10.0.0.3:8084"]);
  const only = peerNames(undefined, async () => [{ address: "fd00::2", family: 6 }]);
  expect(await only.resolve("http://s04-router:8084")).toEqual(["http://[fd00::2]:8084"]);
  expect(await names.resolve("http://127.0.0.1:8084")).toEqual(["http://127.0.0.1:8084"]);
});

test("services alone are known by their authority, at an address by the name it was found under", async () => {
  const names = peerNames("CA", both);
  await names.resolve("https://s04-router:8084");
  expect(names.trust("https://10.0.0.2:8084/x")).toEqual({ ca: "CA", serverName: "s04-router" });
  expect(names.trust("https://s04-router:8084/x")).toEqual({ ca: "CA" });
  expect(names.trust("https://10.0.0.2:8085/x")).toBeUndefined();
  expect(names.trust("https://api.binance.com/x")).toBeUndefined();
});

test("a name that nobody knows is told as such", async () => {
  await expect(peerNames(undefined).resolve("http://no-such-host.invalid:1")).rejects.toThrow();
});

let authority: MadeAuthority;
let server: ReturnType<typeof Bun.serve>;
beforeAll(async () => {
  authority = await makeAuthority();
  const { cert, key } = await authority.certificate("s04-router");
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: { cert, key }, fetch: () => new Response("here") });
});
afterAll(() => server.stop(true));

async function askAs(name: string, ca: string | undefined): Promise<string> {
  const names = peerNames(ca, async () => [{ address: "127.0.0.1", family: 4 }]);
  const [base] = await names.resolve(`https://${name}:${server.port}`);
  const net = fetchNet(wallClock(), { trust: names.trust });
  const answer = await net.fetch({ method: "GET", url: `${base}/`, headers: {}, timeoutMs: 2_000 });
  return answer.body;
}

test("over TLS a service is believed with a certificate for its name, by its own authority", async () => {
  expect(await askAs("s04-router", authority.ca)).toBe("here");
  const refused = { kind: "refused" };
  await expect(askAs("s05-reconciler", authority.ca)).rejects.toMatchObject(refused);
  await expect(askAs("s04-router", (await makeAuthority()).ca)).rejects.toMatchObject(refused);
  await expect(askAs("s04-router", undefined)).rejects.toMatchObject(refused);
});
