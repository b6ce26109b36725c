import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { setArangoRoot } from "./arango-root.ts";

const SECRET = "s".repeat(32);
let folder: string;
let server: ReturnType<typeof Bun.serve>;
let asked: { path: string; body: unknown }[];
beforeEach(() => {
  folder = newFolder();
  asked = [];
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const token = (request.headers.get("authorization") ?? "").replace(/^bearer /, "");
      const known = await jwtVerify(token, new TextEncoder().encode(SECRET), { issuer: "arangodb" }).catch(
        () => undefined,
      );
      if (!known) return new Response("not authorized", { status: 401 });
      asked.push({ path: `${request.method} ${new URL(request.url).pathname}`, body: await request.json() });
      return Response.json({ error: false });
    },
  });
});
afterEach(() => {
  server.stop(true);
  removeFolder(folder);
});

function env(secret: string) {
  const file = join(folder, "jwt");
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return {
    CHIMERA_ARANGO_URL: `http://127.0.0.1:${server.port}`,
    CHIMERA_ARANGO_JWT_SECRET_FILE: file,
    CHIMERA_ARANGO_PASSWORD: "right",
  };
}

test("root is given its password in the cluster's name, as often as it is asked", async () => {
  for (let time = 0; time < 2; time++) await setArangoRoot(env(SECRET));
  const request = { path: "PATCH /_api/user/root", body: { passwd: "right" } };
  expect(asked).toEqual([request, request]);
});

test("another secret is refused, and said", async () => {
  await expect(setArangoRoot(env("t".repeat(32)))).rejects.toThrow("ArangoDB answers with 401");
  await expect(setArangoRoot({})).rejects.toThrow("all needed");
});
