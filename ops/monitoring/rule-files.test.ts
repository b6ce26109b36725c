import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { promtoolHere } from "../cli/promtool.ts";
import { annotationsOf, PAGE_PATH } from "./rule.ts";
import { alertGroups, FOLDER } from "./rule-files.ts";

const promtool = promtoolHere();
/** A few seconds of work, on a machine that does much else. */
const BUSY_MS_MAX = 240_000;
const cwd = join(ROOT, FOLDER);
const files = (pattern: string): string[] => [...new Bun.Glob(pattern).scanSync({ cwd })].sort();

/** What promtool says; empty where it is content. */
async function complaints(args: string[]): Promise<string> {
  const child = Bun.spawn([promtool as string, ...args], { cwd, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return code === 0 && !/lint error|duplicate/.test(out + err) ? "" : out + err;
}

describe.skipIf(promtool === undefined)(promtool ? "promtool" : "promtool (skipped: needs promtool)", () => {
  test("takes the settings and the rules", async () => {
    expect(await complaints(["check", "config", "prometheus.yml"])).toBe("");
    expect(await complaints(["check", "rules", ...files("rules/*.yaml")])).toBe("");
  });
  for (const path of files("tests/*.test.yaml")) {
    const sees = async () => expect(await complaints(["test", "rules", path])).toBe("");
    test(`sees every alert of ${path} fire and stop`, sees, BUSY_MS_MAX);
  }
});

const alerts = (await alertGroups()).flatMap((group) => group.alerts);

test("every alert has a name of its own, words that fit one line, and a section to go to", async () => {
  const names = alerts.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^Chimera[A-Z][A-Za-z0-9]+$/.test(name))).toEqual([]);
  const page = await Bun.file(join(ROOT, PAGE_PATH)).text();
  for (const alert of alerts) {
    expect(page).toContain(`\n### ${alert.name}\n`);
    const { summary, description } = annotationsOf(alert);
    expect([alert.name, summary.includes("\n"), summary.endsWith("."), summary.length < 100]).toEqual([
      ...[alert.name, false, false, true],
    ]);
    expect(description).toEndWith(".");
  }
});

test("what an alert's words say of a label the alert has", () => {
  const asked = (text: string) => [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string);
  for (const alert of alerts) {
    const missing = asked(Object.values(annotationsOf(alert)).join(" ")).filter((label) => !alert.proof.labels[label]);
    expect([alert.name, missing]).toEqual([alert.name, []]);
  }
});
