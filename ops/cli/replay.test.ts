import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../build.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

const START = 1_723_161_255_000;
const STEPS = 600;

/** A little futures market as a recorder writes it: a book that walks, ten changes a second. */
function recording(): string[] {
  const lines: string[] = [];
  const line = (ms: number, stream: string, payload: object) =>
    lines.push(`${START + ms}000000 ${JSON.stringify({ stream: `btcusdt@${stream}`, data: payload })}`);
  let update = 1_000;
  for (let step = 0; step < STEPS; step++) {
    const at = START + step * 100;
    const bid = 60_000 + Math.round(40 * Math.sin(step / 25)) / 10;
    const level = (price: number, qty: string) => [price.toFixed(2), qty];
    const old = step === 0 ? [] : [[(60_000 + Math.round(40 * Math.sin((step - 1) / 25)) / 10).toFixed(2), "0.000"]];
    const chain = { U: update + 1, u: update + 2, pu: update };
    update += 2;
    const b = [...old.filter(([p]) => p !== bid.toFixed(2)), level(bid, "5.000")];
    const a = [level(bid + 10, "5.000")];
    line(step * 100, "depth@0ms", { e: "depthUpdate", E: at, T: at, s: "BTCUSDT", ...chain, b, a });
    const trade = {
      e: "trade",
      E: at,
      T: at,
      s: "BTCUSDT",
      t: step + 1,
      p: bid.toFixed(2),
      q: "0.010",
      X: "MARKET",
      m: true,
    };
    line(step * 100 + 10, "trade", trade);
  }
  return lines;
}

interface Answer {
  code: number;
  errors: string;
  summary: Record<string, unknown> & { problems: { count: number; first: { problem: string }[] } };
}

async function replay(...args: string[]): Promise<Answer> {
  const child = Bun.spawn([process.execPath, join(ROOT, "ops/cli/main.ts"), "replay", ...args, "--json"], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const last = out.trim().split("\n").at(-1) ?? "";
  return { code, errors, summary: last.startsWith("{") ? (JSON.parse(last) as Answer["summary"]) : ({} as never) };
}

describe("./chimera replay", () => {
  const good = join(folder, "usdm__btcusdt.gz");
  const lines = recording();
  beforeAll(() => writeFileSync(good, gzipSync(lines.join("\n"))));
  const file = (name: string, content: Buffer | string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  test("plays a good file and sums up on the last line", async () => {
    const { code, summary } = await replay(good);
    expect(code).toBe(0);
    expect(summary).toMatchObject({ events: expect.any(Number), problems: { count: 0 }, invariants: { violated: [] } });
    for (const key of [
      "features",
      "decisions",
      "orders",
      "fills",
      "trades",
      "pnl_usdt",
      "fees_usdt",
      "max_drawdown",
      "state_hash",
      "virtual_ms",
      "wall_ms",
    ]) {
      expect(Object.keys(summary)).toContain(key);
    }
  }, 300_000);

  test("a gzip that breaks off is played as far as it goes, and said so", async () => {
    const whole = readFileSync(good);
    const { code, summary } = await replay(file("usdm__cut.gz", whole.subarray(0, Math.floor(whole.length / 2))));
    expect(code).toBe(1);
    expect(summary.events).toBeGreaterThan(100);
    expect(summary.problems.count).toBeGreaterThan(0);
  }, 300_000);

  test("garbage, a gap and a NaN are named with their line; the rest is played", async () => {
    const bad = [...lines];
    bad[100] = "not a line";
    bad[200] = (bad[200] as string).replace('"5.000"', '"NaN"');
    bad.splice(300, 2);
    const { code, errors, summary } = await replay(file("usdm__bad.txt", bad.join("\n")));
    expect(code).toBe(1);
    expect(summary.problems.count).toBeGreaterThanOrEqual(3);
    expect(errors).toContain("usdm__bad.txt:101 ");
    expect(summary.events).toBeGreaterThan(lines.length - 10);
  }, 300_000);

  const refused: [string, () => string[], string][] = [
    ["no file", () => [], "Name at least one"],
    ["a file that is not there", () => [join(folder, "nowhere.gz")], "There is no file"],
    ["a file that is no market", () => [file("empty.txt", "hello\nworld\n")], "No recorded market"],
    ["an unknown option", () => [good, "--fast"], "--fast"],
    [
      "a bundle that does not lint",
      () => [good, "--bundle", file("b.yaml", "format: 1\nbundle_id: x\nstrategis: []\n")],
      "strategis",
    ],
  ];
  for (const [what, args, message] of refused) {
    test(`${what} is refused with what to do`, async () => {
      const { code, errors } = await replay(...args());
      expect(code).toBe(1);
      expect(errors).toContain(message);
      expect(errors).not.toContain("    at ");
    }, 300_000);
  }
});
