import { expect, test } from "bun:test";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { BackupStatus } from "../../shared/backup-status.ts";
import { BACKUP_STATUS } from "../../shared/keys.ts";
import { backupPart } from "./backup-watch.ts";

test("a failed backup is told once, and that none has come for long once, until one has come", async () => {
  const clock = new VirtualClock(1_000_000);
  const blobs = new MemoryBlobs(clock);
  const told: string[] = [];
  const warned: string[] = [];
  const log = { warn: (text: string) => void warned.push(text) } as never;
  const alert = ((_severity: string, code: string, message: string) => void told.push(`${code}: ${message}`)) as never;
  const job = backupPart({ blobs, clock, alert, log }).jobs?.[0] as unknown as { run(): Promise<void> };
  const says = async (status: BackupStatus | string) => {
    const text = typeof status === "string" ? status : JSON.stringify(status);
    await blobs.put(BACKUP_STATUS, Buffer.from(text));
    await job.run();
    await job.run();
    return told.splice(0);
  };
  await job.run();
  expect(told).toEqual([]);
  expect(await says({ succeeded_at: 990_000, every_ms: 60_000 })).toEqual([]);
  expect(await says({ succeeded_at: 990_000, failed_at: 1_000_000, error: "no room", every_ms: 60_000 })).toEqual([
    "BACKUP_FAILED: A backup failed: no room",
  ]);
  expect(await says({ succeeded_at: 1, every_ms: 60_000 })).toEqual([
    "BACKUP_OLD: No backup has come to its end since 1970-01-01T00:00:00.001Z, and one is due every 60000 ms",
  ]);
  expect(await says({ succeeded_at: 999_000, every_ms: 60_000 })).toEqual([]);
  // Made by hand now and then: nobody can say that one is late.
  expect(await says({ succeeded_at: 1 })).toEqual([]);
  expect(await says("{")).toEqual([]);
  expect(warned.length).toBe(2);
});
