import { describe, expect, test } from "bun:test";
import { readGatewaySettings } from "./gateway-settings.ts";

const openAt = (env: Record<string, string>) => readGatewaySettings(env).open;

describe("the gateway is open", () => {
  test("to nobody else by itself, also behind a proxy on this machine", () => {
    expect(openAt({})).toBeUndefined();
    expect(openAt({ CHIMERA_TRUSTED_PROXIES: "127.0.0.1" })).toBeUndefined();
  });
  test("beyond loopback over TLS, without being asked for it", () => {
    for (const host of ["0.0.0.0", "::", "[::]"]) {
      expect(openAt({ CHIMERA_HOST: host })).toMatchObject({ port: 8443, tls: { files: undefined, names: [] } });
    }
    const env = { CHIMERA_HOST: "192.0.2.7", CHIMERA_HOST_NAMES: "desk.example, nas", CHIMERA_PORT_OFFSET: "100" };
    expect(openAt(env)).toEqual({
      host: "192.0.2.7",
      port: 8543,
      tls: { files: undefined, names: ["192.0.2.7", "desk.example", "nas"] },
    });
  });
  test("in the clear to proxies that do TLS alone, and says so to who forgets to name them", () => {
    expect(() => openAt({ CHIMERA_HOST: "0.0.0.0", CHIMERA_TLS: "off" })).toThrow(
      /in the clear.*CHIMERA_TRUSTED_PROXIES/,
    );
    const env = { CHIMERA_HOST: "10.0.0.5", CHIMERA_TLS: "off", CHIMERA_TRUSTED_PROXIES: "10.0.0.2" };
    expect(openAt(env)).toEqual({ host: "10.0.0.5", port: 8443, tls: undefined });
  });
});

describe("what is wrong is named", () => {
  const rows: [Record<string, string>, string][] = [
    [{ CHIMERA_TLS: "maybe" }, "CHIMERA_TLS"],
    [{ CHIMERA_HOST: "http://x" }, "CHIMERA_HOST"],
    [{ CHIMERA_PUBLIC_PORT: "70000" }, "CHIMERA_PUBLIC_PORT"],
    [{ CHIMERA_HOST_NAMES: "a b$" }, "CHIMERA_HOST_NAMES"],
    [{ CHIMERA_TLS_CERT: "x.pem" }, "belong together"],
    [{ CHIMERA_TLS_KEY: "x.pem" }, "belong together"],
    [{ CHIMERA_TLS: "off", CHIMERA_TLS_CERT: "x", CHIMERA_TLS_KEY: "x" }, "no use"],
    [{ CHIMERA_TRUSTED_PROXIES: "proxy.example" }, 'CHIMERA_TRUSTED_PROXIES: "proxy.example"'],
    [{ CHIMERA_TRUSTED_PROXIES: "10.0.0.1,0.0.0.0/0" }, "everybody"],
    [{ CHIMERA_PROXY_HEADERS: "x-real-ip" }, "CHIMERA_PROXY_HEADERS"],
  ];
  for (const [env, message] of rows) {
    test(JSON.stringify(env), () => expect(() => readGatewaySettings(env)).toThrow(message));
  }
});
