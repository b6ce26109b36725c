import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { advertised, listenAt, placeOf } from "./place.ts";
import { readProcessSettings } from "./process-settings.ts";

const read = (env: Record<string, string>) => readProcessSettings(env);
const place = (env: Record<string, string>) => placeOf(read(env), env, "s04");
const url = (env: Record<string, string>) => advertised(read(env), 8084);

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => removeFolder(folder));

test("on one machine the replica's number is its place", () => {
  expect(place({})).toBe("s04.1");
  expect(place({ CHIMERA_REPLICA: "2" })).toBe("s04.2");
});

test("without a data folder the host's name is, unless somebody says another", () => {
  const alone = { CHIMERA_SERVICE_KEY: "k" };
  expect(place(alone)).toBe(`s04.${hostname()}`);
  expect(place({ ...alone, CHIMERA_REPLICA: "2" })).toBe("s04.2");
  expect(place({ ...alone, CHIMERA_REPLICA: "2", CHIMERA_PLACE: "6f9c-uid" })).toBe("s04.6f9c-uid");
  expect(() => place({ CHIMERA_PLACE: "a b" })).toThrow("CHIMERA_PLACE: letters");
});

test("ports are on loopback unless they are bound elsewhere, and to nothing but an address", () => {
  expect(listenAt(read({}), 8084)).toEqual({ hostname: "127.0.0.1", port: 8084 });
  expect(listenAt(read({ CHIMERA_BIND: "::" }), 8084)).toEqual({ hostname: "::", port: 8084 });
  expect(() => read({ CHIMERA_BIND: "everywhere" })).toThrow("CHIMERA_BIND: an IP address");
});

test("others are told the address it is bound to, one of its own for all, or what it was told", () => {
  expect(url({})).toBe("http://127.0.0.1:8084");
  expect(url({ CHIMERA_BIND: "10.1.2.3" })).toBe("http://10.1.2.3:8084");
  expect(url({ CHIMERA_BIND: "fd00::3" })).toBe("http://[fd00::3]:8084");
  expect(url({ CHIMERA_BIND: "0.0.0.0" })).not.toContain("127.0.0.1");
  expect(url({ CHIMERA_BIND: "0.0.0.0", CHIMERA_SERVICE_TLS_CERT: "c" })).toStartWith("https://");
  expect(url({ CHIMERA_ADVERTISE_URL: "https://10.9.8.7:8084/" })).toBe("https://10.9.8.7:8084");
  expect(() => url({ CHIMERA_ADVERTISE_URL: "10.9.8.7" })).toThrow("CHIMERA_ADVERTISE_URL");
});

test("a certificate and its key come from files and belong together", () => {
  const [cert, key] = ["cert", "key"].map((name) => join(folder, name)) as [string, string];
  expect(() => listenAt(read({ CHIMERA_SERVICE_TLS_CERT: cert }), 1)).toThrow("belong together");
  const both = { CHIMERA_SERVICE_TLS_CERT: cert, CHIMERA_SERVICE_TLS_KEY: key };
  expect(() => listenAt(read(both), 1)).toThrow(`CHIMERA_SERVICE_TLS_CERT names ${cert}, which cannot be read`);
  writeFileSync(cert, "C");
  writeFileSync(key, "K");
  expect(listenAt(read(both), 1).tls).toEqual({ cert: "C", key: "K" });
});
