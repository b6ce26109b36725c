import { expect, test } from "bun:test";
import { join } from "node:path";
import type { ApiDocument } from "../services/s12-gateway/api-merge.ts";
import { lostIn, WITHDRAWN } from "./api-compat.ts";
import { ROOT } from "./build.ts";
import { API_PATH, generate } from "./generate.ts";

const files = await generate();

test("generated files are fresh: `bun run generate` writes them", async () => {
  for (const [path, text] of Object.entries(files)) {
    expect([path, await Bun.file(join(ROOT, path)).text()]).toEqual([path, text]);
  }
});

test("nothing documented has gone since the committed reference of the API", async () => {
  const now = JSON.parse(files[API_PATH] as string) as ApiDocument;
  const committed = (await Bun.file(join(ROOT, API_PATH)).json()) as ApiDocument;
  expect(lostIn(committed, now).filter((lost) => !WITHDRAWN.has(lost))).toEqual([]);
});
