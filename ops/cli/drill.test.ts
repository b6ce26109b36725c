import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { hasRedisServer } from "../run/own-redis.ts";
import { loadServices } from "../services.ts";
import { FAULTS } from "../venue/fault-table.ts";

async function drill(args: string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, join(ROOT, "ops/cli/main.ts"), "drill", ...args], {
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { out, errors, code: await child.exited };
}

describe("./chimera drill", () => {
  test("lists a drill for every trouble of Redis, every service, the replicas and every fault of the exchange", async () => {
    const { out, code } = await drill(["--list"]);
    expect(code).toBe(0);
    const kills = (await loadServices()).map(({ name }) => `kill-${name}`);
    for (const name of ["redis-flushed", "redis-silent", "pause-s03-strategy", ...kills]) expect(out).toContain(name);
    for (const fault of Object.keys(FAULTS)) expect(out).toContain(`the exchange: ${fault}\n`);
    const names = out.split("\n").map((line) => line.split(" ")[0]);
    expect(new Set(names).size).toBe(names.length);
  }, 300_000);

  test("lists those whose names are so, wherever the star stands", async () => {
    const { out } = await drill(["--list", "--only", "kill-s0*-among-*", "--only", "away-*"]);
    const names = out
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !/^(kill-s0\d-among-|away-)/.test(name ?? ""))).toEqual([]);
  }, 300_000);

  const refused: [string, string[], Record<string, string>, string][] = [
    ["a name that is none", ["--only", "kill-everybody"], {}, "There is no drill kill-everybody"],
    ["a part of the drill of recovery", ["--recovery", "--only", "redis-*"], {}, "no --list, no --only"],
    ["a beginning that none has", ["--only", "eat-*"], {}, "There is no drill eat-*"],
    ["somebody's Redis", [], { CHIMERA_REDIS_URL: "redis://127.0.0.1:6379" }, "unset CHIMERA_REDIS_URL"],
    ["another machine's service", [], { CHIMERA_URL_S04: "http://10.0.0.4:8084" }, "CHIMERA_URL_S04"],
    ["another machine's exchange", [], { CHIMERA_VENUE_SPOT_URL: "https://api.binance.com" }, "CHIMERA_VENUE_SPOT_URL"],
    ["an address that is none", [], { CHIMERA_URL_S04: "127.0.0.1:8084" }, "CHIMERA_URL_S04"],
    ["real money", [], { CHIMERA_MODE: "live" }, "unset CHIMERA_MODE"],
  ];
  for (const [what, args, env, message] of refused) {
    test(`refuses ${what}`, async () => {
      const { errors, code } = await drill(args, env);
      expect(code).toBe(1);
      expect(errors).toContain(message);
    }, 300_000);
  }

  test.skipIf(!hasRedisServer())(
    "refuses a folder in which something lies",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "chimera-drill-"));
      writeFileSync(join(folder, "thesis.txt"), "");
      const { errors, code } = await drill(["--data", folder]);
      expect([code, errors.includes("is not empty")]).toEqual([1, true]);
      rmSync(folder, { recursive: true });
    },
    300_000,
  );
});
