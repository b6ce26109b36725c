import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileJournal } from "./journal.ts";
import { TestVenue } from "./test-client.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-venue-crash-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIVES = 3;
const ANSWERS_EACH = 120;

/** Runs the trader until it has been answered so often, then kills it in mid-flight. */
async function liveAndDie(path: string): Promise<string[]> {
  const trader = Bun.spawn([process.execPath, join(import.meta.dir, "venue.crash.ts"), path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of trader.stdout) {
    text += decoder.decode(chunk);
    if (text.split("\n").length > ANSWERS_EACH) break;
  }
  trader.kill("SIGKILL");
  await trader.exited;
  return text.split("\n").slice(0, -1);
}

test("kill -9 loses no answered order, makes none twice, and the books still balance", async () => {
  const path = join(folder, "journal.jsonl");
  const answered: string[] = [];
  for (let life = 0; life < LIVES; life++) answered.push(...(await liveAndDie(path)));
  expect(answered.length).toBeGreaterThanOrEqual(LIVES * ANSWERS_EACH);
  const v = await TestVenue.open({ journal: fileJournal(path) });
  const ids = v.venue.orders().map((order) => order.client_id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(answered.filter((id) => !ids.includes(id))).toEqual([]);
  expect(v.venue.trades().length).toBeGreaterThan(0);
  for (const [asset, total] of v.venue.exchange.state.ledger.sums())
    expect([asset, total as bigint]).toEqual([asset, 0n]);
}, 20_000);
