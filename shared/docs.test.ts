import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { readBundleText } from "../services/s10-config/bundle-text.ts";
import { lintBundle } from "../services/s10-config/lint.ts";

const ROOT = join(import.meta.dir, "..");
const PICTURE_BYTES_MAX = 250_000;
const NOT_OURS = /(^|\/)(node_modules|\.tools|\.git)\/|^data\//;
const TEXT = /\.(md|ts|tsx|json|ya?ml|toml|css|html|svg|proto|sh)$|(^|\/)(chimera|run|\.npmrc|\.gitignore)$/;

const list = (pattern: string): string[] =>
  [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })].filter((path) => !NOT_OURS.test(path)).sort();
const read = (path: string): Promise<string> => Bun.file(join(ROOT, path)).text();

interface Page {
  readonly path: string;
  readonly text: string;
}
const pages: Page[] = await Promise.all(list("**/*.md").map(async (path) => ({ path, text: await read(path) })));

/** Fenced blocks as written: the language and the lines between the fences. */
const fences = (text: string): { language: string; body: string }[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", body = ""]) => ({ language, body }));
/** Blocks by four spaces count too: README shows commands so. */
const codeBlocks = (text: string): string[] => [
  ...fences(text).map(({ body }) => body),
  ...[...text.matchAll(/(?:^ {4}\S.*\n)+/gm)].map(([block]) => block),
];

/** Links and pictures to files of the repository, without their anchor. */
const links = (text: string): string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.split("#")[0] as string)
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));

/** Paths in code spans that begin in one of our rooms; a pattern or a generated thing is none. */
const citedPaths = (text: string): string[] =>
  [...text.matchAll(/`((?:services|shared|ops|docs|proto|\.ci)\/[\w./-]*)`/g)].map(([, path = ""]) => path);

/** What follows `./chimera` where a command stands, with its options on the same line. */
const citedCommands = (text: string): { name: string; options: string[] }[] =>
  [...text.matchAll(/\.\/chimera ([a-z][\w-]*)([^\n`#)]*)/g)].map(([, name = "", rest = ""]) => ({
    name,
    options: [...rest.matchAll(/--([a-z][\w-]*)/g)].map(([, option = ""]) => option),
  }));

const headings = (text: string): string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^(#+) /gm)].map(([, level = ""]) => level);

const missing = (page: Page, exists: (path: string) => boolean): string[] => [
  ...links(page.text)
    .filter((target) => !exists(normalize(join(dirname(page.path), target))))
    .map((target) => `${page.path}: ${target}`),
  ...citedPaths(page.text)
    .filter((path) => !exists(path))
    .map((path) => `${page.path}: ${path}`),
];
const inRepository = (path: string): boolean => !path.startsWith("..") && existsSync(join(ROOT, path));

test("every cited file exists", () => {
  expect(pages.flatMap((page) => missing(page, inRepository))).toEqual([]);
});

test("every picture is shown somewhere, and small", () => {
  const shown = new Set(pages.flatMap((page) => links(page.text).map((to) => normalize(join(dirname(page.path), to)))));
  const pictures = list("docs/pictures/*");
  expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
  expect(pictures.filter((path) => Bun.file(join(ROOT, path)).size > PICTURE_BYTES_MAX)).toEqual([]);
});

test("every cited command exists, and takes the options it is shown with", async () => {
  const source = await read("ops/cli/main.ts");
  const known = new Set([...source.matchAll(/^ {2}"?([\w-]+)"?: \{/gm)].map(([, name = ""]) => name));
  expect(known).toContain("up");
  const takes = new Map<string, string>();
  for (const name of known) {
    // A command may have commands of its own, each in a file beside it.
    const files = [`ops/cli/${name}.ts`, ...list(`ops/cli/${name}-*.ts`)];
    const text = (await Promise.all(files.map(read))).join("\n");
    // What every command of a person takes is said once.
    takes.set(name, text.includes("PERSON_USAGE") ? text + (await read("ops/cli/gateway-session.ts")) : text);
  }
  const wrong = pages.flatMap(({ path, text }) =>
    citedCommands(text).flatMap(({ name, options }) => {
      const usage = takes.get(name);
      if (usage === undefined) return [`${path}: ./chimera ${name}`];
      const unknown = options.filter((option) => option !== "help" && !usage.includes(`--${option}`));
      return unknown.map((option) => `${path}: ./chimera ${name} --${option}`);
    }),
  );
  expect(wrong).toEqual([]);
});

test("every bundle that a page shows lints, and can be traded by", () => {
  const bundles = pages.flatMap(({ path, text }) =>
    fences(text)
      .filter(({ language, body }) => language === "yaml" && body.startsWith("format:"))
      .map(({ body }) => ({ path, report: lintBundle(readBundleText(body)).report })),
  );
  expect(bundles.length).toBeGreaterThan(0);
  expect(bundles.filter(({ report }) => !report.passed)).toEqual([]);
});

test("every service says what it is", () => {
  const silent = list("services/*/service.ts").filter((path) => !inRepository(join(dirname(path), "README.md")));
  expect(silent).toEqual([]);
});

/** Split, so that this file does not mention them. */
const UNMENTIONABLE = [
  ["..", "shared", "design"].join("/"),
  ["/work", "shared"].join("/"),
  ["registry", "npmjs"].join("."),
];

test("nothing leads out of the repository", async () => {
  const files = await Promise.all(
    list("**/*")
      .filter((path) => TEXT.test(path))
      .map(async (path) => ({ path, text: await read(path) })),
  );
  const leading = files.flatMap(({ path, text }) =>
    UNMENTIONABLE.filter((what) => text.includes(what)).map((what) => `${path}: ${what}`),
  );
  expect(leading).toEqual([]);
});

test("README says the same in both languages", async () => {
  const [english, chinese] = await Promise.all([read("README.md"), read("README.zh-TW.md")]);
  expect(headings(chinese)).toEqual(headings(english));
  expect(codeBlocks(chinese).length).toBe(codeBlocks(english).length);
  const pointers = (text: string) => links(text).filter((to) => !/^README|^docs\/pictures\//.test(to));
  expect(pointers(chinese)).toEqual(pointers(english));
  expect(links(english)).toContain("README.zh-TW.md");
  expect(links(chinese)).toContain("README.md");
});

test("a page that breaks a rule is found", () => {
  const page = { path: "docs/guide/a.md", text: "[x](../gone.md) ![y](b.png#z) [ok](https://a.test) `shared/none.ts`" };
  expect(missing(page, (path) => path === "docs/guide/b.png")).toEqual([
    "docs/guide/a.md: ../gone.md",
    "docs/guide/a.md: shared/none.ts",
  ]);
  expect(citedCommands("run `./chimera fly --now` --then")).toEqual([{ name: "fly", options: ["now"] }]);
  expect(fences("```yaml\nformat: 2\n```\n")).toEqual([{ language: "yaml", body: "format: 2\n" }]);
  expect(lintBundle(readBundleText("format: 2")).report.passed).toBe(false);
});
