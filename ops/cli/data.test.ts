import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { serveArchive } from "../data/archive.fixture.ts";
import { archiveCsv, file, MINUTE, newFolder, zipped } from "../data/candles.fixture.ts";

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const data = join(folder, "data");

const ROOT = join(import.meta.dir, "../..");
async function chimera(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const child = Bun.spawn([process.execPath, "ops/cli/main.ts", "data", ...args], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, errors };
}
const DAY = Date.UTC(2024, 7, 1);
const minutes = (from: number, count: number): string =>
  archiveCsv(
    Array.from({ length: count }, (_, at) => ({
      ts: from + at * MINUTE,
      open: "10",
      high: "12",
      low: "9",
      close: "11",
      volume: "1",
      quote_volume: "10",
      trades: "1",
      taker_volume: "0",
      taker_quote_volume: "0",
    })),
  );

test("import, list, verify and export, for people and programs", async () => {
  const good = file(folder, "BTCUSDT-1m-2024-08-01.csv", minutes(DAY, 60));
  const bad = file(folder, "ETHUSDT-1m.csv", `${minutes(DAY, 3)}x\n`);
  const imported = await chimera("import", good, bad, "--market", "FUT", "--data", data, "--json");
  expect(imported.code).toBe(1);
  expect(JSON.parse(imported.out)).toMatchObject({
    imported: [{ instrument: "FUT:BTCUSDT", kind: "klines", interval: "1m", rows: 60, parts: 1, is_repeat: false }],
    refused: [{ file: bad, line: 5, problem: "1 columns, not 12 as before" }],
  });
  await chimera(
    "import",
    file(folder, "later.csv", minutes(DAY + 90 * MINUTE, 10)),
    "--market",
    "FUT",
    "--symbol",
    "btcusdt",
    "--data",
    data,
  );

  const list = await chimera("list", "--data", data, "--json");
  expect(JSON.parse(list.out).series).toMatchObject([
    { series: "FUT:BTCUSDT klines 1m", rows: 70, parts: 1, gap_count: 1, missing: 30 },
  ]);
  expect((await chimera("verify", "--data", data)).code).toBe(0);
  const strict = await chimera("verify", "FUT:BTCUSDT", "--no-gaps", "--data", data);
  expect(strict).toMatchObject({
    code: 1,
    errors: expect.stringContaining("2024-08-01 00:59 → 2024-08-01 01:30, 30 missing"),
  });

  const range = ["--from", "2024-08-01T00:01Z", "--to", String(DAY + 3 * MINUTE), "--data", data];
  const csv = await chimera("export", "FUT:BTCUSDT", "klines", ...range);
  expect(csv.out.split("\n").slice(1, -1)).toEqual([1, 2].map((at) => `${DAY + at * MINUTE},10,12,9,11,1,10,1,0,0`));
  const json = await chimera("export", "FUT:BTCUSDT", "klines", "1m", "--format", "json", ...range);
  expect(JSON.parse(json.out.split("\n")[0] as string)).toMatchObject({ ts: DAY + MINUTE, close: "11", trades: 1 });
}, 300_000);

test("download from an address, and a clear word where nobody answers", async () => {
  const archive = await serveArchive();
  const path = "data/spot/daily/klines/ETHUSDT/1m/ETHUSDT-1m-2024-08-01.zip";
  archive.files.set(path, zipped("a.csv", minutes(DAY, 1_440)));
  const args = ["download", "--market", "SPOT", "--symbol", "ETHUSDT", "--from", "2024-08-01", "--to", "2024-08-03"];
  const host = ["--host", `${archive.url}/`, "--data", data];
  const got = await chimera(...args, ...host, "--json");
  expect(JSON.parse(got.out).files).toEqual([
    { path, fate: "imported", rows: 1_440 },
    { path: path.replace("-01.zip", "-02.zip"), fate: "missing", rows: 0 },
  ]);
  expect(got.code).toBe(0);
  await archive.stop();
  const away = await chimera(...args, ...host);
  expect(away.code).toBe(1);
  expect(away.errors).toMatch(/127\.0\.0\.1:\d+ cannot be reached .* Is there internet\? --host URL/);
}, 300_000);

test("what is said wrong", async () => {
  const said = async (...args: string[]): Promise<string> => (await chimera(...args)).errors.trim();
  expect(await said("import")).toContain("Name at least one file");
  expect(await said("import", "x", "--kind", "candles")).toContain("--kind is one of klines,");
  expect(await said("import", join(folder, "gone.csv"))).toContain("gone.csv: There is no such file");
  expect(await said("import", folder)).toContain("No file");
  expect(await said("download", "--market", "SPOT", "--symbol", "BTCUSDT")).toContain("Say --from DAY");
  expect(await said("export", "FUT:BTCUSDT", "klines", "--data", join(folder, "none"))).toContain(
    "There is no FUT:BTCUSDT klines 1m",
  );
  expect(await said("nonsense")).toContain('There is no data command "nonsense"');
}, 300_000);
