import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWeb } from "./web.ts";

const FIRST_LOAD_BYTES_MAX = 400_000;
const PHRASES_BYTES_MAX = 40_000;
/** Of one page that comes later, with what it shares with the others. */
const LATER_BYTES_MAX = 120_000;
const LATER_PAGES = ["research", "config", "watch"];
/** Of the texts of each. */
const LATER_KEYS = ["belief.verdict.strong", "promotion.words.PENDING"];

describe("the web page's build", () => {
  let folder = "";
  let files: readonly string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "chimera-web-"));
    ({ files } = await buildWeb(join(folder, "web")));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const read = (name: string) => Bun.file(join(folder, "web", name)).bytes();
  const page = () => Bun.file(join(folder, "web", "index.html")).text();

  const sizeOf = async (names: readonly string[]) => {
    const sizes = await Promise.all(names.map(async (name) => Bun.gzipSync(await read(name)).length));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const linked = async () => [...(await page()).matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!.slice(1));

  test("the first load stays small", async () => {
    expect(await sizeOf(["index.html", ...(await linked())])).toBeLessThan(FIRST_LOAD_BYTES_MAX);
  });
  test("what is not always needed comes when it is opened, with its texts", async () => {
    const first = await linked();
    const later = files.filter((name) => name.endsWith(".js") && !first.includes(name));
    const ofPage = (page: string) => later.filter((name) => name.startsWith(`assets/${page}-`));
    const phrases = ofPage("phrases-zh-tw");
    const shared = later.filter((name) => ![...LATER_PAGES.flatMap(ofPage), ...phrases].includes(name));
    // Of another language than English alone.
    expect(phrases).toHaveLength(1);
    expect(await sizeOf(phrases)).toBeLessThan(PHRASES_BYTES_MAX);
    for (const page of LATER_PAGES) {
      expect({ page, files: ofPage(page).length }).toEqual({ page, files: 1 });
      expect(await sizeOf([...ofPage(page), ...shared])).toBeLessThan(LATER_BYTES_MAX);
    }
    const text = (await Promise.all(first.filter((name) => name.endsWith(".js")).map(read)))
      .map((bytes) => new TextDecoder().decode(bytes))
      .join("");
    for (const key of LATER_KEYS) expect(text).not.toContain(key);
  });
  test("the page brings no schema library: it checks nothing that the services have checked", async () => {
    const scripts = await Promise.all(files.filter((name) => name.endsWith(".js")).map(read));
    const text = scripts.map((bytes) => new TextDecoder().decode(bytes)).join("");
    expect(text).toContain("createElement");
    // Not the text itself: a failure would print all of it.
    expect(text.includes("ZodError")).toBe(false);
  });
  test("everything but the page itself is named after its content and linked from the root", async () => {
    const assets = files.filter((name) => name !== "index.html");
    expect(assets.length).toBeGreaterThanOrEqual(2);
    for (const name of assets) expect(name).toMatch(/^assets\/[\w-]+-[a-z0-9]{8,}\.\w+$/);
    const links = await linked();
    expect(links.length).toBeGreaterThanOrEqual(2);
    for (const link of links) expect(assets).toContain(link);
  });
  test("a strict content security policy lets it run: no inline script or style", async () => {
    const html = await page();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });
  test("the same content is not built again, and a damaged build is", async () => {
    const index = join(folder, "web", "index.html");
    const builtAt = (await stat(index)).mtimeMs;
    expect((await buildWeb(join(folder, "web"))).files).toEqual(files);
    expect((await stat(index)).mtimeMs).toBe(builtAt);
    await rm(index);
    await buildWeb(join(folder, "web"));
    expect(await page()).toContain("<title>Chimera</title>");
  });
});
