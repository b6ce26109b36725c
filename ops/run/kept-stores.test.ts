import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { keepStores, keptStores, namesOf, rememberStores, settledEnv } from "./kept-stores.ts";
import { readStoreSettings } from "./store-settings.ts";

let data: string;
beforeEach(() => {
  data = newFolder();
});
afterEach(() => removeFolder(data));

const ARANGO = { store: "arango", arango_database: "desk", blobs: "s3", s3_bucket: "desk-blobs" } as const;

describe("which stores hold the data of a folder", () => {
  test("what is remembered holds where the environment says nothing; addresses are the environment's", () => {
    keepStores(data, { format: 1, ...ARANGO, since: 1 });
    const env = { CHIMERA_ARANGO_URL: "http://10.0.0.5:8529", CHIMERA_STORE: "arango" };
    expect(readStoreSettings(env, data)).toMatchObject({
      ...{
        store: "arango",
        arangoDatabase: "desk",
        arangoUrl: "http://10.0.0.5:8529",
        blobs: "s3",
        s3Bucket: "desk-blobs",
      },
    });
    expect(namesOf(readStoreSettings(env, data))).toEqual(ARANGO);
  });

  test.each([
    [{ CHIMERA_STORE: "sqlite" }, "CHIMERA_STORE is sqlite", "migrate --to sqlite"],
    [{ CHIMERA_BLOBS: "folder" }, "CHIMERA_BLOBS is folder", "migrate --to folder"],
    [{ CHIMERA_ARANGO_DATABASE: "other" }, "CHIMERA_ARANGO_DATABASE is other", "in desk: unset it"],
    [{ CHIMERA_S3_BUCKET: "other" }, "CHIMERA_S3_BUCKET is other", "in desk-blobs: unset it"],
  ])("an environment that says otherwise is refused with what to do: %j", (env, what, advice) => {
    keepStores(data, { format: 1, ...ARANGO, since: 1 });
    const refused = expect(() => settledEnv(data, env));
    refused.toThrow(what);
    expect(() => settledEnv(data, env)).toThrow(advice);
  });

  test("a folder that is older than this file is known by what lies in it, a new one takes what it is started on", () => {
    expect(settledEnv(data, { CHIMERA_STORE: "arango" }).CHIMERA_STORE).toBe("arango");
    mkdirSync(join(data, "stores"));
    writeFileSync(join(data, "stores", "bus.sqlite"), "");
    expect(settledEnv(data, { CHIMERA_STORE: "arango" }).CHIMERA_STORE).toBe("arango");
    writeFileSync(join(data, "stores", "s04-2.sqlite"), "");
    expect(() => settledEnv(data, { CHIMERA_STORE: "arango" })).toThrow(
      "in sqlite: unset it. ./chimera migrate --to arango",
    );
    expect(settledEnv(data, { CHIMERA_BLOBS: "s3" })).toEqual({ CHIMERA_BLOBS: "s3", CHIMERA_STORE: "sqlite" });
  });

  test("what is written down first stays, and is written whole", () => {
    rememberStores(data, namesOf(readStoreSettings({})), 5);
    rememberStores(data, ARANGO, 6);
    expect(keptStores(data)).toEqual({ format: 1, store: "sqlite", blobs: "folder", since: 5 });
    expect(readdirSync(data)).toEqual(["stores.json"]);
    writeFileSync(join(data, "stores.json"), '{"format":1,"store":"sq');
    expect(() => keptStores(data)).toThrow("is damaged");
  });
});
