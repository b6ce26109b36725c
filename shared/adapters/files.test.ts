import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { blobsContract } from "../testing/blobs.contract.ts";
import { newFolder, removeFolder } from "../testing/folder.ts";
import { FolderBlobs } from "./files.ts";

blobsContract("blobs in a folder", async () => {
  const folder = newFolder();
  return {
    blobs: new FolderBlobs(join(folder, "made", "on", "demand")),
    end: async () => removeFolder(folder),
  };
});

test("a key that would be another's folder, or lie in one that is a blob, is a conflict and leaves no rest", async () => {
  const folder = newFolder();
  const blobs = new FolderBlobs(folder);
  await blobs.put("a/b", new Uint8Array(1));
  await expect(blobs.put("a", new Uint8Array(1))).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(blobs.put("a/b/c", new Uint8Array(1))).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(blobs.append("a", new Uint8Array(1))).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await blobs.get("a")).toBeUndefined();
  expect(readdirSync(join(folder, ".unfinished"))).toEqual([]);
  removeFolder(folder);
});

test("what a crash left unfinished is not listed, and a folder that cannot be written to is unavailable", async () => {
  const folder = newFolder();
  const blobs = new FolderBlobs(folder);
  await Bun.write(join(folder, ".unfinished", "99-1"), "half");
  expect((await blobs.list("", { limit: 10 })).items).toEqual([]);
  await Bun.write(join(folder, "file"), "x");
  const nowhere = new FolderBlobs(join("/proc", "no-such-place"));
  await expect(nowhere.put("a", new Uint8Array(1))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  removeFolder(folder);
});
