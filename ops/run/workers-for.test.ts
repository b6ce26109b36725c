import { expect, test } from "bun:test";
import { embeddedCoordination } from "../../shared/adapters/coordination.ts";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { workersFor } from "./workers-for.ts";

const clock = new VirtualClock(0);
const { schedule } = embeddedCoordination({ clock, path: ":memory:" });
const parts = { schedule, clock, blobs: new MemoryBlobs(clock), random: seededRandom(1) };

test("trials go to the queue where that is said, as many at once as is said; nothing else does", () => {
  const queued = { CHIMERA_WORK: "queue", CHIMERA_WORK_WAITING_MAX: "77" };
  expect(workersFor("s09", queued, parts).cores).toBe(77);
  expect(workersFor("s10", queued, parts).cores).not.toBe(77);
  expect(workersFor("s09", { CHIMERA_WORK_WAITING_MAX: "77" }, parts).cores).not.toBe(77);
  expect(() => workersFor("s09", { CHIMERA_WORK: "cloud" }, parts)).toThrow("CHIMERA_WORK");
});
