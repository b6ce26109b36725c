/** The config commands that need nothing running: what they say of files, by line, and how they end. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LintAnswer } from "../../services/s10-config/document-types.ts";
import { ROOT } from "../build.ts";
import { command } from "./config.ts";
import { withLines } from "./config-draft.ts";
import { listLines } from "./config-list.ts";
import { refusalLines } from "./service-asking.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const SHIPPED = join(ROOT, "services/s10-config/default-bundle.yaml");
const shipped = readFileSync(SHIPPED, "utf8");

function fileOf(name: string, change: (text: string) => string): string {
  const file = join(folder, name);
  writeFileSync(file, change(shipped));
  return file;
}
/** What a command prints, and its exit code. */
async function said(...args: string[]): Promise<{ code: number; text: string }> {
  let text = "";
  const write = spyOn(process.stdout, "write").mockImplementation(((part: string) => {
    text += part;
    return true;
  }) as never);
  try {
    return { code: await command.run(args), text };
  } finally {
    write.mockRestore();
  }
}

test("a file that lints is told with its hash, one that does not by line and column", async () => {
  const good = await said("lint", SHIPPED);
  expect([good.code, good.text]).toEqual([
    0,
    expect.stringMatching(/shipped@1 lints: no errors, no warnings, .*[0-9a-f]{64}/),
  ]);
  const bad = fileOf("bad.yaml", (text) => text.replace('obi_5, op: ">=", v: 0.6', 'obi_55, op: ">=", v: 0.6'));
  const line = shipped.split("\n").findIndex((one) => one.includes('obi_5, op: ">="')) + 1;
  const { code, text } = await said("lint", bad);
  expect([code, text]).toEqual([1, expect.stringContaining(`${bad}:${line}:13 error "obi_55" is no listed factor`)]);
  expect(text).toContain("strategies[0].long.allOf[0].f  UNKNOWN_NAME");
  const caret = text.split("\n").findIndex((one) => one.trim() === "^");
  const [source = "", mark = ""] = text.split("\n").slice(caret - 1, caret + 1);
  expect(source.slice(mark.indexOf("^"))).toStartWith("f: obi_55");
});

test("warnings fail where it is strict, hints are shown where they are asked for", async () => {
  const odd = fileOf("odd.yaml", (text) => text.replace("drawdown_max: 0.2", "drawdown_max: 20"));
  expect([(await said("lint", odd)).code, (await said("lint", odd, "--strict")).code]).toEqual([0, 1]);
  expect((await said("lint", SHIPPED)).text).not.toContain("UNUSED_FACTOR");
  expect((await said("lint", SHIPPED, "--hints")).text).toContain("UNUSED_FACTOR");
  expect(JSON.parse((await said("lint", odd, "--json")).text)).toMatchObject({
    passed: true,
    warnings: [{ code: "PERCENT" }],
  });
});

test("what is no YAML, or on a base that only the installation knows, says so", async () => {
  const { code, text } = await said(
    "lint",
    fileOf("broken.yaml", () => "format: 1\nrules: [\n  - {"),
  );
  expect([code, text]).toEqual([1, expect.stringContaining("broken.yaml:3:")]);
  const based = fileOf("based.yaml", () => `extends: ${"a".repeat(64)}\nrev: 2\n`);
  expect(said("lint", based)).rejects.toThrow("--running");
});

test("two files differ in words, then by document and path", async () => {
  const other = fileOf("other.yaml", (text) => text.replace("losses_in_row_max: 30", "losses_in_row_max: 20"));
  const { code, text } = await said("diff", SHIPPED, other);
  expect(code).toBe(0);
  expect(text).toContain("flags.risk: losses_in_row_max 30 → 20");
  expect(text).toContain("  ~ losses_in_row_max  30 → 20");
  expect((await said("diff", SHIPPED, SHIPPED)).text).toContain("The same content.");
  expect(JSON.parse((await said("diff", SHIPPED, other, "--json")).text)).toMatchObject({
    same: false,
    changes: [{ kind: "flags", id: "risk", path: "losses_in_row_max", before: 30, after: 20 }],
  });
  const bad = fileOf("worse.yaml", (text) => text.replace("drawdown_max", "drawdown_mox"));
  expect(said("diff", SHIPPED, bad)).rejects.toThrow("flags.risk.drawdown_mox");
});

test("the schema is what editors are given, and each command has its help", async () => {
  const schema = JSON.parse((await said("schema")).text);
  expect(schema.properties.flags.properties.risk.properties.budget_usdt.description).toContain("USDT");
  for (const name of command.usage.match(/^ {2}\w+/gm)!.map((word) => word.trim())) {
    expect([name, await command.usageOf?.([name])]).toEqual([
      name,
      expect.stringContaining(`./chimera config ${name}`),
    ]);
  }
});

test("what cannot be asked is said before anything is", () => {
  expect(said("dance")).rejects.toThrow('no config command "dance"');
  expect(said("lint")).rejects.toThrow("Name one file");
  expect(said("diff", SHIPPED)).rejects.toThrow("Name two");
  expect(said("lint", join(folder, "none.yaml"))).rejects.toThrow("cannot be read");
});

test("a list says what is in force for whom", () => {
  const about = { hash: "c".repeat(64), author: "ann", created_at: 0, bundle_id: "mine" };
  const rows = [
    { ...about, rev: 3, status: "STAGED", note: "why\nmore" } as const,
    { ...about, rev: 2, status: "ACTIVE" } as const,
  ];
  const lines = listLines(rows, { bundle_id: "mine", rev: 2, canary: { rev: 3, traffic_pct: 10 } });
  expect(lines[0]).toContain("mine@3  STAGED, in force for 10 %");
  expect(lines[2]).toBe("  why");
  expect(lines[3]).toContain("mine@2  ACTIVE");
});

test("a file that is not there is told as such, with nothing running", async () => {
  const missing = join(folder, "typo.yaml");
  for (const args of [
    ["diff", SHIPPED, missing],
    ["diff", missing, "CURRENT"],
    ["simulate", missing],
  ]) {
    await expect(command.run(args)).rejects.toThrow(`There is no file ${missing}.`);
  }
  const nowhere = join(folder, "no-folder", "schema.json");
  await expect(command.run(["schema", "--out", nowhere])).rejects.toThrow(`${nowhere} cannot be written`);
});

test("what a program reads is one document: following is for people", async () => {
  for (const name of ["promote", "rollback"]) {
    await expect(command.run([name, "2", "--json", "--watch"])).rejects.toThrow("leave --watch out");
  }
});

test("a draft that only an option spoils is told with what spoils it", () => {
  const good: LintAnswer = { passed: true, errors: [], warnings: [], hints: [] };
  const long = { path: "note", code: "TOO_BIG", message: "is too long" };
  const bad: LintAnswer = { ...good, passed: false, errors: [long] };
  expect(withLines(bad, good)).toBe(bad);
  const byLine: LintAnswer = { ...bad, errors: [{ ...long, line: 3, column: 1 }] };
  expect(withLines(bad, byLine)).toBe(byLine);
  expect(withLines(undefined, byLine)).toBe(byLine);
});

test("a refusal says each thing once", () => {
  const errors = [
    { field: "window.to_ts", message: "is not after from_ts" },
    { field: "instruments.0", message: "is in neither bundle" },
    { field: "instruments.0", message: "is in neither bundle" },
  ];
  const detail = "It cannot be run so: window.to_ts is not after from_ts.";
  expect(refusalLines({ title: "Out of range", detail, errors })).toEqual([
    ...["Out of range", detail, "instruments.0: is in neither bundle"],
  ]);
});
