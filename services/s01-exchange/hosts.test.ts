import { expect, test } from "bun:test";
import { hostsOf, isLoopback } from "./hosts.ts";
import { Settings } from "./types.ts";

const hosts = (given: Partial<Settings>) => Object.values(hostsOf(Settings.parse(given)));

test("the mode alone picks the hosts: this machine, the testnets, the exchange itself", () => {
  expect(hosts({}).every(isLoopback)).toBe(true);
  const testnet = hosts({ mode: "testnet" });
  expect(testnet.every((url) => url.includes("testnet") || url.includes("binancefuture"))).toBe(true);
  expect(testnet.some((url) => url.includes("binance.com"))).toBe(false);
  const live = hosts({ mode: "live" });
  expect(live.every((url) => new URL(url).hostname.endsWith(".binance.com"))).toBe(true);
  for (const url of [...testnet, ...live]) expect(url).toMatch(/^(https|wss):/);
});

test("an address that is given stands in for the preset, and the others stay", () => {
  const given = hostsOf(Settings.parse({ mode: "testnet", venueFutUrl: "https://elsewhere.example" }));
  expect(given).toMatchObject({ fut: "https://elsewhere.example", spot: "https://testnet.binance.vision" });
});

const remote: [string, boolean][] = [
  ["https://paper.example", false],
  ["http://venue:8093", false],
  ["http://127.evil.example", false],
  ["http://127.0.0.1.evil.example", false],
  ["http://localhost:1", true],
  ["http://[::1]:1", true],
  ["http://127.1.2.3", true],
];
test.each(remote)("paper trading and %s", (url, allowed) => {
  const make = () => hosts({ venueSpotUrl: url });
  if (allowed) expect(make()).toContain(url);
  else expect(make).toThrow("stays on this machine");
  expect(hosts({ venueSpotUrl: url, paperRemote: true })).toContain(url);
});

test.each([
  ["testnet", "https://fapi.binance.com"],
  ["testnet", "https://api1.binance.com"],
  ["paper", "https://api.binance.com"],
] as const)("%s sends no orders to %s, where money is real and nobody has armed anything", (mode, url) => {
  const settings = Settings.parse({ mode, paperRemote: true, venueFutUrl: url });
  expect(() => hostsOf(settings)).toThrow("CHIMERA_MODE=live");
});
