import { expect, test } from "bun:test";
import { join } from "node:path";
import { ROOT } from "./build.ts";
import { generate } from "./generate.ts";

test("generated files are fresh: `bun run generate` writes them", async () => {
  for (const [path, text] of Object.entries(await generate())) {
    expect([path, await Bun.file(join(ROOT, path)).text()]).toEqual([path, text]);
  }
});
