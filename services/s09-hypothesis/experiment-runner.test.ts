/** Experiments in a process that is killed: what was on record is not run again, and the result is the same. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { experimentDetails } from "../../shared/collections/experiments.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { killedAfter } from "../../shared/testing/kill.ts";

const folder = newFolder();
afterAll(() => removeFolder(folder));
const script = join(import.meta.dir, "experiment-runner.crash.fixture.ts");

async function life(name: string): Promise<string[]> {
  const child = Bun.spawn([process.execPath, script, join(folder, name)], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  return text.split("\n").slice(0, -1);
}

async function hashIn(name: string): Promise<string | undefined> {
  const store = openStore({ path: join(folder, name, "s09.sqlite"), owner: "s09", collections: COLLECTIONS });
  const { items } = await store.query(experimentDetails, { limit: 1 });
  await store.close();
  return items[0]?.value.result?.hash;
}

test("killed by the system in the middle of a search, it goes on with what was kept", async () => {
  const whole = await life("whole");
  expect(whole).toHaveLength(7);
  const first = await killedAfter(2, script, join(folder, "killed"));
  expect(first.at(-1)).not.toStartWith("over");
  const second = await life("killed");
  expect(second.at(-1)).toBe(whole.at(-1)!);
  const both = [...first, ...second].filter((line) => line.startsWith("trial"));
  expect(new Set(both).size).toBe(both.length);
  expect(await hashIn("killed")).toBe((await hashIn("whole"))!);
}, 300_000);
