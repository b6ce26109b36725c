import { afterEach, beforeEach, expect, test } from "bun:test";
import { wallClock } from "../../shared/adapters/clock.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import type { Service } from "../../shared/kit/service.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder } from "../run/folder.ts";
import { mintFor } from "./gate.ts";

const KEY = "ab".repeat(32);
/** Where nobody answers: times are the machine's own then. */
const service = { id: "s04", name: "s04-router", port: 1 } as Service;
const bearer = (key: Uint8Array, token: string) => createTokens(key, wallClock()).verify(token, "s04");

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  delete process.env.CHIMERA_SERVICE_KEY;
  removeFolder(folder);
});

test("a token is signed by the folder's key, and there has to be one", async () => {
  await expect(mintFor(folder, service, "viewer")).rejects.toThrow("holds no installation");
  const { serviceKey } = openFolder(folder, { mode: "paper", venue: "paper-quiet", account: "main" });
  expect(await bearer(serviceKey, await mintFor(folder, service, "viewer"))).toMatchObject({ role: "viewer" });
});

test("what runs without a folder is asked by the key in the environment", async () => {
  process.env.CHIMERA_SERVICE_KEY = KEY;
  const token = await mintFor(folder, service, "risk");
  expect(await bearer(new Uint8Array(Buffer.from(KEY, "hex")), token)).toMatchObject({ id: "terminal", role: "risk" });
  process.env.CHIMERA_SERVICE_KEY = "none";
  await expect(mintFor(folder, service, "risk")).rejects.toThrow("CHIMERA_SERVICE_KEY is damaged");
});
