import { afterEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal } from "../kit/ports.ts";
import { FileJournal } from "./file-journal.ts";
import { MemoryJournal } from "./memory-journal.ts";

const dirs: string[] = [];
const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), "journal-"));
  dirs.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});
const line = (n: number) => JSON.stringify({ n, text: "é".repeat(n) });
const at = (dir: string, fence: number, roomBytes = 4_096) => new FileJournal({ dir, name: "s04-0", fence, roomBytes });

describe.each([
  ["in a file", () => at(folder(), 1)],
  ["in memory", () => new MemoryJournal()],
] as [string, () => Journal][])("a journal %s", (_name, make) => {
  test("keeps what was appended, in order, until it is cleared", async () => {
    const journal = make();
    expect(await journal.read()).toEqual([]);
    for (let n = 0; n < 200; n++) await journal.append(line(n));
    expect(await journal.read()).toEqual(Array.from({ length: 200 }, (_, n) => line(n)));
    await journal.clear();
    expect(await journal.read()).toEqual([]);
    await journal.append(line(7));
    expect(await journal.read()).toEqual([line(7)]);
    await journal.close();
  });
});

test("what one process has written the next one at its place finds, and goes on after it", async () => {
  const dir = folder();
  const first = at(dir, 1);
  await first.append(line(1));
  const second = at(dir, 1);
  await second.append(line(2));
  expect(await second.read()).toEqual([line(1), line(2)]);
});

test("a line that was cut off by a death is none, and costs no other", async () => {
  const dir = folder();
  const path = join(dir, "s04-0.1.jsonl");
  writeFileSync(path, `${line(1)}\n${line(2).slice(0, -3)}`);
  const journal = at(dir, 1);
  await journal.append(line(3));
  expect(await journal.read()).toEqual([line(1), line(3)]);
});

test("the next holder reads those before it and clears them; one that was passed has a file of its own", async () => {
  const dir = folder();
  const [old, next] = [at(dir, 3), at(dir, 12)];
  await old.append(line(1));
  await next.append(line(2));
  appendFileSync(join(dir, "s04-1.2.jsonl"), `${line(9)}\n`);
  expect(await next.read()).toEqual([line(1), line(2)]);
  expect(await old.read()).toEqual([line(1)]);
  await next.clear();
  expect(await next.read()).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(["s04-0.12.jsonl", "s04-1.2.jsonl"]);
});

test("of many holders before it that had nothing to write none is read again", async () => {
  const dir = folder();
  for (let fence = 1; fence <= 20; fence++) {
    const journal = at(dir, fence, 500_000);
    expect(await journal.read()).toEqual([]);
    await journal.clear();
    await journal.close();
    expect(readdirSync(dir)).toEqual([`s04-0.${fence}.jsonl`]);
  }
});

test("in a folder that is not there yet nothing is found, and it is made", async () => {
  const journal = at(join(folder(), "aside"), 1);
  expect(await journal.read()).toEqual([]);
  await journal.append(line(1));
  expect(await journal.read()).toEqual([line(1)]);
});

test("its room is taken before it is needed", async () => {
  const dir = folder();
  const journal = at(dir, 1, 100_000);
  await journal.clear();
  const path = join(dir, "s04-0.1.jsonl");
  expect(readFileSync(path).length).toBe(100_000);
  await journal.append(line(5));
  expect(readFileSync(path).length).toBe(100_000);
});

test("where nothing can be written it says so", async () => {
  const dir = folder();
  writeFileSync(join(dir, "file"), "");
  const journal = new FileJournal({ dir: join(dir, "file"), name: "s04-0", fence: 1 });
  expect(journal.append(line(1))).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
