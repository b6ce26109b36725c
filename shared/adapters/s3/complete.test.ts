import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hasMinio, MinioServer, rawClient } from "../../testing/minio-server.ts";
import { PATIENCE, S3Objects } from "./objects.ts";

if (!hasMinio) test.skip("uploads in parts with a condition (skipped: needs minio)", () => {});

describe.if(hasMinio)("uploads in parts with a condition", () => {
  const PART = 5 * 1024 * 1024;
  let server: MinioServer;
  let objects: S3Objects;
  beforeAll(async () => {
    server = await MinioServer.start();
    await rawClient(server.place()).makeBucket("chimera");
    let names = 0;
    objects = new S3Objects(server.place(), () => `name${++names}`, { ...PATIENCE, partBytes: PART });
  });
  afterAll(() => server.stop());

  async function* large() {
    yield new Uint8Array(PART);
    yield new Uint8Array(10);
  }

  test("take the place of what they were to, and of nothing else", async () => {
    await objects.put("blobs/log", new Uint8Array(1));
    const first = (await objects.head("blobs/log"))!.etag;
    expect(await objects.upload("blobs/log", large(), { instead: first, generation: "b" })).toBe(true);
    expect(await objects.head("blobs/log")).toMatchObject({ bytes: PART + 10, generation: "b" });
    // Somebody else has made one object of it meanwhile, with what was acknowledged since.
    await objects.put("blobs/log", new Uint8Array(3));
    expect(await objects.upload("blobs/log", large(), { instead: first })).toBe(false);
    expect(await objects.upload("blobs/log", large(), { isNew: true })).toBe(false);
    expect((await objects.head("blobs/log"))?.bytes).toBe(3);
    expect(await Array.fromAsync(rawClient(server.place()).listIncompleteUploads("chimera", "", true))).toEqual([]);
  });
});
