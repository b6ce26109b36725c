import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { autopsyReports, reportBlob } from "../../shared/collections/autopsy.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { trades } from "../../shared/collections/trades.ts";
import { AUDIT_HEADS, RECORDINGS } from "../../shared/keys.ts";
import type { Health } from "../../shared/kit/health.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { BLOB_TROUBLES, BlobFaults, type BlobTrouble } from "../../shared/testing/blob-faults.ts";
import { Desk, FUT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";

setDefaultTimeout(120_000);
const MINUTE_MS = 60_000;

interface Lived {
  desk: Desk;
  /** While the trouble lasted. */
  health: Map<ServiceId, Health>;
  /** At its end. */
  waiting: { reports: number; recorded: number };
}

/** A trade that ends in a time of trouble, which ends some minutes later. */
async function lived(trouble?: BlobTrouble): Promise<Lived> {
  const desk = await Desk.open({ seed: "objects", env: { CHIMERA_S01_RECORD_FRAMES: "true" } });
  const { sim } = desk;
  const faults = new BlobFaults(sim.world.blobs, sim.clock);
  const settled = async <T>(work: Promise<T>): Promise<T> => whileRunning(sim.clock, work);
  expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
  // Whoever waits for the health of a slow store takes of the same time.
  const began = sim.clock.now();
  const until = (ms: number) => sim.advance(began + ms - sim.clock.now());
  await until(12_000);
  faults.trouble = trouble;
  expect(await desk.answered(desk.exit(FUT))).toMatchObject({ managed: ["hand-1"] });
  expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
  await until(MINUTE_MS);
  const health = new Map<ServiceId, Health>();
  for (const [id, hosted] of sim.services.hosted) health.set(id, await settled(hosted.health()));
  await until(3 * MINUTE_MS);
  faults.trouble = undefined;
  const waiting = { reports: (await made(desk)).length, recorded: (await recorded(desk)).length };
  await until(5 * MINUTE_MS);
  return { desk, health, waiting };
}

const made = (desk: Desk) => readAll(desk.sim.world.store("s08"), autopsyReports, { state: "READY" });

/** Every stamp that was recorded, in the order of its lines. */
async function recorded(desk: Desk): Promise<bigint[]> {
  const { blobs } = desk.sim.world;
  const { items } = await blobs.list(RECORDINGS, { limit: 100 });
  const bodies = await Promise.all(items.map(async ({ key }) => gunzipSync((await blobs.get(key))!).toString()));
  return bodies.flatMap((body) => body.trimEnd().split("\n")).map((line) => BigInt(line.slice(0, 19)));
}

describe("the store of large bodies is in trouble while the system trades", () => {
  const calm = lived();
  test.each(BLOB_TROUBLES)(
    "%s: every order is the same as without, health says so, and what waited comes",
    async (trouble) => {
      const [{ desk: undisturbed }, { desk, health, waiting }] = await Promise.all([calm, lived(trouble)]);
      const [before, after] = await Promise.all([undisturbed.sim.summary(), desk.sim.summary()]);
      expect(after.orders).toBeGreaterThan(3);
      expect(after.state_hash).toBe(before.state_hash);
      expect([...after.errors, ...(await desk.troubles())]).toEqual([]);

      const objects = (id: ServiceId) => health.get(id)?.checks.find(({ name }) => name === "objects");
      const isTold = trouble !== "full" && trouble !== "failing";
      const [keepers, others] = [true, false].map((keeps) =>
        [...desk.sim.services.hosted.values()]
          .filter(({ service }) => service.usesBlobs === keeps)
          .map(({ service }) => service.id),
      ) as [ServiceId[], ServiceId[]];
      expect(keepers).toContain("s01");
      expect(others).toContain("s04");
      for (const id of keepers) {
        expect(objects(id)).toMatchObject({ critical: false, ...(isTold && { status: "FAILED" }) });
        if (isTold) expect(health.get(id)).toMatchObject({ status: "DEGRADED", ready: true });
      }
      for (const id of others) expect(health.get(id)).toMatchObject({ status: "OK", ready: true });

      const all = await made(desk);
      const closed = await readAll(desk.sim.world.store("s06"), trades, { status: "CLOSED" });
      expect(all.length).toBe((await made(undisturbed)).length);
      expect(all.length).toBeGreaterThan(0);
      expect(all.length).toBeLessThanOrEqual(closed.length);
      for (const { report_id } of all) expect(await desk.sim.world.blobs.get(reportBlob(report_id!))).toBeDefined();
      if (trouble === "down" || trouble === "full") expect(waiting.reports).toBe(0);

      const stamps = await recorded(desk);
      expect(stamps.length).toBeGreaterThan(waiting.recorded);
      if (trouble !== "failing") expect(stamps).toEqual(await recorded(undisturbed));

      const entries = await desk.sim.world.store("s12").count(auditLog);
      expect(entries).toBe(await undisturbed.sim.world.store("s12").count(auditLog));
      expect((await desk.sim.world.blobs.list(AUDIT_HEADS, { limit: 5 })).items).toHaveLength(1);
    },
  );
});
