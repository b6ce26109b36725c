import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { complaintsOf, cycles, FILE_LINES_MAX, readFile, strayTests } from "./tidy.rules.ts";

const ROOT = join(import.meta.dir, "..");
/** Written by machines, which keep other rules. */
const WRITTEN = /^shared\/client\/(gen|dist)\//;
const paths = [...new Bun.Glob("{services,shared,ops}/**/*.{ts,tsx}").scanSync(ROOT)]
  .filter((path) => !WRITTEN.test(path))
  .sort();
const files = await Promise.all(paths.map(async (path) => readFile(path, await Bun.file(join(ROOT, path)).text())));

test("every file keeps the rules", () => {
  expect(files.flatMap(complaintsOf)).toEqual([]);
});
test("imports run in no circle", () => {
  expect(cycles(files)).toEqual([]);
});
test("every test stands beside what it tests", () => {
  expect(strayTests(paths)).toEqual([]);
});
test("there are exactly the services that exist, each a folder with a declaration", () => {
  const folders = [...new Bun.Glob("services/*/service.ts").scanSync(ROOT)].map((path) => path.split("/")[1]).sort();
  const expected = [...new Set(paths.flatMap((p) => /^services\/(s\d\d-[a-z]+)\//.exec(p)?.[1] ?? []))].sort();
  expect(folders).toEqual(expected);
});

const head = "/** What it is for. */\n";
/** A path, a file that breaks a rule there, and the complaint it must earn. */
const broken: [string, string, string][] = [
  [
    "services/s04-router/a.ts",
    `${head}import { x } from "../s01-exchange/y.ts";`,
    "services do not know each other: services/s01-exchange/y.ts",
  ],
  [
    "services/s04-router/a.ts",
    `${head}import type { x } from "../s01-exchange/y.ts";`,
    "services do not know each other: services/s01-exchange/y.ts",
  ],
  [
    "services/s04-router/a.ts",
    `${head}import { x } from "../../shared/adapters/redis.ts";`,
    "only a declaration meets the kit: shared/adapters/redis.ts",
  ],
  ["services/s04-router/a.ts", `${head}import { x } from "../../ops/build.ts";`, "arrows point down: ops/build.ts"],
  [
    "shared/kit/a.ts",
    `${head}import { x } from "../../services/s04-router/service.ts";`,
    "arrows point down: services/s04-router/service.ts",
  ],
  [
    "shared/trading/a.ts",
    `${head}import type { Clock } from "../kit/ports.ts";`,
    "rules are pure: shared/kit/ports.ts",
  ],
  ["shared/trading/a.ts", `${head}export async function f() {}`, "rules are pure: async"],
  ["shared/kit/a.ts", `${head}export const t = Date.now();`, "time and chance come from a port: Date.now"],
  ["services/s02-feature/a.ts", `${head}export const t = new Date();`, "time and chance come from a port: new Date()"],
  ["services/s02-feature/a.ts", `${head}setTimeout(() => {}, 5);`, "time and chance come from a port: setTimeout("],
  ["ops/venue/a.ts", `${head}export const r = Math.random();`, "time and chance come from a port: Math.random"],
  ["services/s02-feature/a.ts", `${head}export const f = Bun.file("x");`, "Bun is met in few rooms: Bun.file"],
  ["shared/kit/a.ts", `${head}import { Database } from "bun:sqlite";`, "Bun is met in few rooms: bun:sqlite"],
  ["services/s06-position/a.ts", `${head}export const s = "ord:results";`, 'names are said once: "ord:results'],
  ["shared/kit/utils.ts", head, "there are no drawers: utils"],
  ["shared/kit/index.ts", head, "there are no drawers: index"],
  ["shared/kit/camelCase.ts", head, "names are kebab-case: camelCase.ts"],
  ["shared/kit/a.ts", "export const a = 1;", "a file begins with what it is for: no /** … */ at the top"],
  ["shared/kit/a.ts", `${head}// ${"TO"}DO: later`, `nothing is left for later: ${"TO"}DO`],
  ["shared/kit/a.ts", `${head}async function decideStop() {}`, "a decision is synchronous: async function decideStop"],
  [
    "services/s04-router/service.ts",
    `${head}const settings = z.object({\n  wait: z.number(),\n})`,
    "a setting's name has its unit: wait",
  ],
  [
    "shared/kit/a.ts",
    head + "\n".repeat(FILE_LINES_MAX + 1),
    `a file stays readable in one sitting: ${FILE_LINES_MAX + 3} lines, at most ${FILE_LINES_MAX}`,
  ],
  ["shared/kit/a.ts", `${head}export const a = ${"1 + ".repeat(40)}1;`, "lines fit: line 2"],
  ["shared/kit/a.test.ts", `test.${"only"}("x", () => {});`, `tests are not narrowed: test.${"only"}(`],
];

describe("the rules bite", () => {
  const of = (path: string, text: string) => complaintsOf(readFile(path, text)).map((c) => c.slice(path.length + 2));
  for (const [path, text, complaint] of broken) {
    test(complaint, () => expect(of(path, text)).toContain(complaint));
  }
  test("a circle is found", () => {
    const a = readFile("shared/a.ts", `import { b } from "./b.ts";`);
    const b = readFile("shared/b.ts", `import type { a } from "./a.ts";`);
    expect(cycles([a, b])).toEqual(["shared/a.ts ↔ shared/b.ts"]);
  });
  test("a test without a subject is found", () => {
    expect(strayTests(["shared/a.ts", "shared/a.test.ts", "shared/b.test.ts"])).toEqual(["shared/b.test.ts"]);
  });
  test("a comment is not code", () => {
    expect(of("shared/kit/a.ts", `${head}// Date.now() would be wrong here\nexport const a = 1;\n`)).toEqual([]);
  });
});
