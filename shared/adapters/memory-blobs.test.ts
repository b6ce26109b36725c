import { expect, test } from "bun:test";
import { blobsContract } from "../testing/blobs.contract.ts";
import { MemoryBlobs } from "./memory-blobs.ts";
import { VirtualClock } from "./virtual-clock.ts";

const START = 1_700_000_000_000;

blobsContract("blobs in memory", async () => ({
  blobs: new MemoryBlobs(new VirtualClock(START)),
  end: async () => {},
}));

test("times are the clock's", async () => {
  const blobs = new MemoryBlobs(new VirtualClock(START));
  await blobs.put("a", new Uint8Array(3));
  expect((await blobs.list("", { limit: 1 })).items).toEqual([{ key: "a", bytes: 3, modified_at: START }]);
});
