import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, supervise } from "./supervise.ts";

const folder = mkdtempSync(join(tmpdir(), "chimera-supervise-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = (name: string, script: string, over: Partial<Program> = {}): Program => ({
  ...{ name, command: [process.execPath, "-e", script], env: {} },
  ...over,
});
const stay = `console.log('{"up":true}'); setInterval(() => {}, 1000);`;
/** Says that it is up once the other has written its file. */
const afterOther = (own: string, other: string) => `
  const fs = require("node:fs");
  fs.writeFileSync(${JSON.stringify(join(folder, own))}, "");
  while (!fs.existsSync(${JSON.stringify(join(folder, other))})) Bun.sleepSync(5);
  ${stay}`;

test("those alongside start together with the one before; the next waits for them all", async () => {
  const up: string[] = [];
  const programs = [
    program("a", afterOther("a", "b")),
    program("b", afterOther("b", "a"), { alongside: true }),
    program("c", stay),
  ];
  const running = await supervise(programs, ({ name, status }) => {
    if (status === "up") up.push(name);
  });
  expect(running.states().map(({ status }) => status)).toEqual(["up", "up", "up"]);
  expect(up.at(-1)).toBe("c");
  await running.stop();
  expect(running.states().map(({ status }) => status)).toEqual(["stopped", "stopped", "stopped"]);
}, 30_000);

test("one that ends instead of coming up stops all and is named with what it said", async () => {
  const broken = program("b", `console.error("no disk"); process.exit(3);`, { alongside: true });
  const failing = supervise([program("a", stay), broken]);
  await expect(failing).rejects.toThrow("b did not start: exit 3 no disk");
}, 30_000);

test("what dies is started again", async () => {
  const marker = join(folder, "died");
  const once = `if (!require("node:fs").existsSync("${marker}")) {
    require("node:fs").writeFileSync("${marker}", "");
    console.log('{"up":true}');
    await Bun.sleep(50);
    process.exit(1);
  } ${stay}`;
  const again = Promise.withResolvers<void>();
  const running = await supervise([program("a", once)], ({ status, restarts }) => {
    if (status === "up" && restarts === 1) again.resolve();
  });
  await again.promise;
  expect(running.states()[0]).toMatchObject({ status: "up", restarts: 1 });
  await running.stop();
}, 30_000);
