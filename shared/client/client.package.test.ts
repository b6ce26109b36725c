import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

setDefaultTimeout(60_000);
const HERE = import.meta.dir;
const TSC = join(HERE, "../../node_modules/.bin/tsc");
const NODE = Bun.which("node");
const files = [...new Bun.Glob("**/*.ts").scanSync(HERE)].filter((path) => !/\.test\.ts$|^dist\//.test(path));
let folder: string;

async function run(cwd: string, ...command: string[]): Promise<string> {
  const ran = Bun.spawn(command, { cwd, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(ran.stdout).text(), new Response(ran.stderr).text()]);
  return (await ran.exited) === 0 ? out : `failed: ${out}${err}`;
}

/** A program of somebody else's, which has the package and nothing else. */
const PROGRAM = `import { createClient } from "@chimera/client";
import { each } from "@chimera/client/paging";
import { ApiProblem } from "@chimera/client/problem";
import type { Order } from "@chimera/client/types";

const answers: Record<string, [number, object]> = {
  "/api/v1/orders?status=FILLED": [200, { items: [{ order_id: "1" }], next_cursor: "n" }],
  "/api/v1/orders?status=FILLED&cursor=n": [200, { items: [{ order_id: "2" }] }],
  "/api/v1/budget": [403, { code: "FORBIDDEN", detail: "No." }],
};
const asked = async (request: Request): Promise<Response> => {
  const { pathname, search } = new URL(request.url);
  const [status, body] = answers[pathname + search] ?? [404, {}];
  return Response.json(body, { status });
};
const chimera = createClient({ url: "https://chimera.example", token: "chk_1", fetch: asked });
const ids: (string | undefined)[] = [];
for await (const order of each(chimera.listOrders, { status: "FILLED" })) ids.push((order satisfies Order).order_id);
const refused = await chimera.budget().catch((error: unknown) => error);
console.log(ids.join(), refused instanceof ApiProblem && refused.code);
// @ts-expect-error no such status
chimera.listOrders({ status: "LOST" }).catch(() => {});
// @ts-expect-error the id is needed
chimera.readOrder({}).catch(() => {});
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chimera-client-"));
  const home = join(folder, "package");
  for (const path of ["package.json", "tsconfig.json", "README.md", ...files]) {
    await mkdir(join(home, path, ".."), { recursive: true });
    await cp(join(HERE, path), join(home, path));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the package", () => {
  test("imports nothing from outside itself", async () => {
    for (const path of files) {
      const text = await Bun.file(join(HERE, path)).text();
      const specifiers = [...text.matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)].map((m) => m[1] ?? m[2]);
      const outside = specifiers.filter((each) => !/^\.\.?\//.test(each!) || /^\.\.\/\.\./.test(each!));
      expect([path, outside]).toEqual([path, []]);
      const isDeep = path.startsWith("gen/");
      if (!isDeep) expect([path, specifiers.filter((each) => each!.startsWith("../"))]).toEqual([path, []]);
    }
  });
  test("is built by its own files alone, and types and runs somebody's program in Node", async () => {
    expect(await run(join(folder, "package"), TSC, "-p", "tsconfig.json")).toBe("");
    const program = join(folder, "program");
    const installed = join(program, "node_modules/@chimera/client");
    await mkdir(installed, { recursive: true });
    for (const path of ["package.json", "README.md", "dist"]) {
      await cp(join(folder, "package", path), join(installed, path), { recursive: true });
    }
    await Bun.write(join(program, "package.json"), JSON.stringify({ type: "module" }));
    await Bun.write(join(program, "program.ts"), PROGRAM);
    const options = ["--strict", "--target", "es2023", "--module", "nodenext", "--types", "", "--lib", "es2023,dom"];
    expect(await run(program, TSC, ...options, "program.ts")).toBe("");
    if (!NODE) return console.warn("skipped: needs node");
    expect(await run(program, NODE, "program.js")).toBe("1,2 FORBIDDEN\n");
  });
  test("has the version and licence of the whole", async () => {
    const own = await Bun.file(join(HERE, "package.json")).json();
    const whole = await Bun.file(join(HERE, "../../package.json")).json();
    expect([own.version, own.license]).toEqual([whole.version, whole.license]);
    expect(own.dependencies).toBeUndefined();
  });
});
