import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROCESSES_FILE } from "../run/left-running.ts";
import { command } from "./restart.ts";

const children: ReturnType<typeof Bun.spawn>[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder on which a command of ours seems to run, and its number. */
async function ground() {
  const folder = mkdtempSync(join(tmpdir(), "chimera-restart-"));
  folders.push(folder);
  const child = Bun.spawn([process.execPath, "-e", "await Bun.sleep(60_000)", "ops/cli/main.ts"], {
    env: { ...process.env, CHIMERA_DATA: folder },
  });
  children.push(child);
  // Until it has become what it was started as, it looks like its parent.
  while (!readFileSync(`/proc/${child.pid}/cmdline`, "utf8").includes("ops/cli/main.ts")) await Bun.sleep(1);
  writeFileSync(join(folder, "chimera.pid"), String(child.pid));
  const processes = [{ name: "s04-router", status: "up", pid: child.pid, restarts: 0 }];
  writeFileSync(join(folder, PROCESSES_FILE), JSON.stringify({ redis_url: "", processes }));
  return { folder, child };
}

test("two restarts at once would end two processes at once: the second is refused, and touches nothing", async () => {
  const { folder, child } = await ground();
  writeFileSync(join(folder, "restart.pid"), String(child.pid));
  await expect(command.run(["--data", folder])).rejects.toThrow(`restarted already, by process ${child.pid}`);
  expect(child.exitCode).toBeNull();
  expect(existsSync(join(folder, "restart.pid"))).toBe(true);
});

test("nothing is restarted where nothing runs", async () => {
  const { folder, child } = await ground();
  child.kill("SIGKILL");
  await child.exited;
  await expect(command.run(["--data", folder])).rejects.toThrow("Nothing runs on");
});
