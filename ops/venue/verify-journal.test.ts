import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultListings } from "../../shared/engine/listing.ts";
import { fileJournal, type JournalBounds, journalBounds } from "./journal.ts";
import { TestVenue } from "./test-client.ts";
import { verifyJournal } from "./verify-journal.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trades until the journal has turned over several parts, keeping the state as the venue does. */
async function busy(path: string, bounds: JournalBounds): Promise<{ hash: string; entries: number; head: string }> {
  const journal = fileJournal(path, bounds);
  const v = await TestVenue.open({ journal });
  for (let at = 0; at < 60; at++) {
    await v.order(at % 3 === 0 ? "maker" : "paper", `BTCUSDT ${at % 2 === 0 ? "BUY" : "SELL"} 0.001 60000`);
    if (at % 10 === 0) await v.settle(1_000);
  }
  await v.settle(2_000);
  const lived = { hash: v.venue.stateHash(), entries: journal.length(), head: journal.head() };
  await v.venue.stop();
  return lived;
}

const filesOf = (name: string): string[] => readdirSync(folder).filter((file) => file.startsWith(name));

test("full parts are turned over and packed, and all of them together are the same journal", async () => {
  const path = join(folder, "parts.jsonl");
  const lived = await busy(path, { partBytesMax: 6_000 });
  expect(filesOf("parts.jsonl.").length).toBeGreaterThan(3);
  const found = verifyJournal(path, defaultListings());
  expect(found).toMatchObject({ from: 1, entries: lived.entries, head: lived.head, state_hash: lived.hash, torn: 0 });
  expect(found.checkpoint?.proven).toBe(true);
  const again = fileJournal(path);
  expect(again.read(1, 1_000_000).map(({ n }) => n)).toEqual(Array.from({ length: lived.entries }, (_, at) => at + 1));
  expect(again.read(lived.entries, 5)).toHaveLength(1);
  const v = await TestVenue.open({ journal: again });
  expect(v.venue.stateHash()).toBe(lived.hash);
  expect(again.restored.length).toBeLessThan(lived.entries);
  await v.venue.stop();
});

test("the oldest parts go when all take too much room, and the state does not", async () => {
  const path = join(folder, "bounded.jsonl");
  const lived = await busy(path, { partBytesMax: 3_000, diskBytesMax: 8_000 });
  const found = verifyJournal(path, defaultListings());
  expect(found).toMatchObject({ entries: lived.entries, state_hash: lived.hash });
  expect(found.from).toBeGreaterThan(1);
  expect(found.checkpoint?.proven).toBe(false);
  expect(found.bytes).toBeLessThan(16_000);
  const v = await TestVenue.open({ journal: fileJournal(path) });
  expect(v.venue.stateHash()).toBe(lived.hash);
  const maker = await v.call("maker", "GET /fapi/v1/userTrades", { symbol: "BTCUSDT" });
  expect(maker.length).toBeGreaterThan(10);
  await v.venue.stop();
});

test("a turned, cut or lost part, a false checkpoint and a missing journal are found and named", async () => {
  const path = join(folder, "damaged.jsonl");
  await busy(path, { partBytesMax: 6_000 });
  const [first, second] = filesOf("damaged.jsonl.0").sort() as [string, string];
  const whole = new Map(filesOf("damaged.jsonl").map((file) => [file, readFileSync(join(folder, file))]));
  const broken = (change: () => void): string => {
    change();
    try {
      verifyJournal(path, defaultListings());
      return "";
    } catch (error) {
      return (error as Error).message;
    } finally {
      for (const [file, bytes] of whole) writeFileSync(join(folder, file), bytes);
    }
  };
  expect(broken(() => {})).toBe("");
  const swap = () => writeFileSync(join(folder, first), whole.get(second)!);
  expect(broken(swap)).toContain("broken at line 1");
  expect(broken(() => rmSync(join(folder, second)))).toContain("broken at line 1");
  const point = JSON.parse(String(whole.get("damaged.jsonl.checkpoint")));
  const put = (more: object) => () =>
    writeFileSync(join(folder, "damaged.jsonl.checkpoint"), JSON.stringify({ ...point, ...more }));
  expect(broken(put({ state_hash: "0" }))).toContain("says state 0");
  expect(broken(put({ hash: "0" }))).toContain("does not continue the chain");
  expect(broken(put({ n: 1_000_000 }))).toContain("ends before its checkpoint");
  expect(broken(() => writeFileSync(join(folder, "damaged.jsonl.checkpoint"), "{"))).toContain("is damaged");
  expect(() => verifyJournal(join(folder, "nowhere"), defaultListings())).toThrow("There is no journal");
});

test("the bound on disk is a setting, and a bad one is named", () => {
  expect(journalBounds({})).toEqual({});
  expect(journalBounds({ CHIMERA_VENUE_JOURNAL_MB_MAX: "4" })).toEqual({
    diskBytesMax: 4_194_304,
    partBytesMax: 1_048_576,
  });
  for (const text of ["0", "x", "", "-1", "Infinity"]) {
    expect(() => journalBounds({ CHIMERA_VENUE_JOURNAL_MB_MAX: text })).toThrow("CHIMERA_VENUE_JOURNAL_MB_MAX");
  }
});
