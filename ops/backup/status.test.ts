import { expect, test } from "bun:test";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import { endSchedule, leaveWord } from "./status.ts";

const blobs = new MemoryBlobs(new VirtualClock(0));
const word = async () => JSON.parse(Buffer.from((await blobs.get(BACKUP_STATUS)) ?? "{}").toString());

test("one made by hand leaves the schedule as it is, up ends its own, and no other's", async () => {
  await endSchedule(blobs);
  expect(await word()).toEqual({});
  await leaveWord(blobs, { at: 1, every_ms: 60_000, by_up: true, ok: true });
  await leaveWord(blobs, { at: 2, every_ms: undefined, by_up: false, ok: false, error: "no room" });
  expect(await word()).toEqual({ succeeded_at: 1, failed_at: 2, error: "no room", every_ms: 60_000, by_up: true });
  await endSchedule(blobs);
  expect(await word()).toEqual({ succeeded_at: 1, failed_at: 2, error: "no room" });
  await leaveWord(blobs, { at: 3, every_ms: 3_600_000, by_up: false, ok: true });
  await endSchedule(blobs);
  expect(await word()).toEqual({ succeeded_at: 3, every_ms: 3_600_000 });
});
