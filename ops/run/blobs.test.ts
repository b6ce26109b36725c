import { expect, test } from "bun:test";
import { join } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { S3Blobs } from "../../shared/adapters/s3.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { hasMinio, MinioServer } from "../../shared/testing/minio-server.ts";
import { inspectBlobs, openBlobs, prepareBlobs } from "./blobs.ts";

const clock = { now: () => Date.now() };
const KEYS = { CHIMERA_S3_ACCESS_KEY: "me", CHIMERA_S3_SECRET_KEY: "hush" };

test("blobs lie where the environment says, and what is missing is named", async () => {
  const path = newFolder();
  const folder = { path, blobs: join(path, "blobs") };
  expect(openBlobs({ folder, env: {}, clock })).toBeInstanceOf(FolderBlobs);
  expect(openBlobs({ folder, env: { CHIMERA_BLOBS: "s3", ...KEYS }, clock })).toBeInstanceOf(S3Blobs);
  expect(() => openBlobs({ folder, env: { CHIMERA_BLOBS: "s3" }, clock })).toThrow("CHIMERA_S3_ACCESS_KEY");
  expect(() => openBlobs({ folder, env: { CHIMERA_BLOBS: "tape" }, clock })).toThrow("CHIMERA_BLOBS");
  const odd = { CHIMERA_BLOBS: "s3", CHIMERA_S3_URL: "ftp://x", ...KEYS };
  expect(() => openBlobs({ folder, env: odd, clock })).toThrow("no address of an S3 store");
  expect([await prepareBlobs({}), await inspectBlobs({ env: {}, clock })]).toEqual([[], []]);
  removeFolder(path);
});

test("a store that cannot be reached is told so, without its keys", async () => {
  const env = { CHIMERA_BLOBS: "s3", CHIMERA_S3_URL: "http://127.0.0.1:9", ...KEYS };
  const [found, ...more] = await inspectBlobs({ env, clock });
  expect(found).toMatchObject({ name: "object store", must: true, ok: false });
  expect(found!.detail).toContain("http://127.0.0.1:9, bucket chimera: The object store cannot be reached");
  expect(more).toEqual([]);
  expect(JSON.stringify(found)).not.toContain("hush");
});

if (!hasMinio) test.skip("a store is made ready and looked at (skipped: needs minio)", () => {});

test.if(hasMinio)("a store is made ready and looked at: bucket, versions, rules, clock", async () => {
  const server = await MinioServer.start();
  const { url, bucket, accessKey, secretKey } = server.place();
  const env = {
    ...{ CHIMERA_BLOBS: "s3", CHIMERA_S3_URL: url, CHIMERA_S3_BUCKET: bucket },
    ...{ CHIMERA_S3_ACCESS_KEY: accessKey, CHIMERA_S3_SECRET_KEY: secretKey },
  };
  const found = (ahead = 0) => inspectBlobs({ env, clock: { now: () => Date.now() + ahead } });
  expect((await found()).map(({ detail }) => detail).join()).toContain("./chimera init makes it");
  expect(await prepareBlobs(env, true)).toHaveLength(3);
  expect(await prepareBlobs(env)).toHaveLength(3);
  expect(await prepareBlobs(env)).toEqual([]);
  expect((await found()).map(({ name, ok }) => [name, ok])).toEqual([
    ["object store", true],
    ["object store's bucket", true],
    ["object store's clock", true],
  ]);
  expect((await found(600_000)).find(({ name }) => name.endsWith("clock"))).toMatchObject({ ok: false, must: true });
  await server.stop();
});
