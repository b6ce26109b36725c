import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, type ProgramState, supervise } from "./supervise.ts";

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
}, 300_000);

test("one that ends instead of coming up stops all and is named with what it said", async () => {
  const broken = program("b", `console.error("no disk"); process.exit(3);`, { alongside: true });
  const failing = supervise([program("a", stay), broken]);
  await expect(failing).rejects.toThrow("b did not start: exit 3 no disk");
}, 300_000);

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
}, 300_000);

/** Says when it goes; asks to be relieved when it gets the signal; says `up` unless `broken` is there. */
const takesTurns = (name: string): Program => {
  const file = (what: string) => JSON.stringify(join(folder, `${name}-${what}`));
  const script = `
    const fs = require("node:fs");
    const { TURN, CHIMERA_RELIEVES } = process.env;
    const note = (what) => fs.appendFileSync(${file("story")}, what + " " + TURN + "\\n");
    process.on("SIGUSR2", () => console.log('{"relieve":true}'));
    process.on("SIGTERM", () => { note("asked to end"); setTimeout(() => process.exit(0), 50); });
    if (CHIMERA_RELIEVES && fs.existsSync(${file("broken")})) process.exit(3);
    note(CHIMERA_RELIEVES ? "takes over" : "begins");
    ${stay}`;
  return program(name, script, { env: process.env, turns: [{ TURN: "a" }, { TURN: "b" }] });
};
const story = (name: string) =>
  readFileSync(join(folder, `${name}-story`), "utf8")
    .trim()
    .split("\n");
const changes = () => {
  let look: () => void = () => {};
  return {
    changed: () => look(),
    until: (holds: () => boolean) =>
      new Promise<void>((resolve) => {
        look = () => holds() && resolve();
        look();
      }),
  };
};

describe("relief", () => {
  test("the next one is up before the one before it is asked to end, and they take turns", async () => {
    const { changed, until } = changes();
    const running = await supervise([takesTurns("turns")], changed);
    const state = () => running.states()[0] as ProgramState;
    for (const restarts of [1, 2]) {
      const before = state().pid as number;
      process.kill(before, "SIGUSR2");
      await until(() => state().restarts === restarts && state().pid !== before && state().relief_pid === undefined);
      // Until it has gone, a second one would be a third.
      while (isAlive(before)) await Bun.sleep(5);
    }
    expect(story("turns")).toEqual(["begins a", "takes over b", "asked to end a", "takes over a", "asked to end b"]);
    expect(state()).toMatchObject({ status: "up", relievable: true });
    await running.stop();
    expect(story("turns").at(-1)).toBe("asked to end a");
  }, 300_000);

  test("whoever is asked to be relieved while the one before it still ends is so next, and that one is known till its end", async () => {
    const { changed, until } = changes();
    const running = await supervise([takesTurns("again")], changed);
    const state = () => running.states()[0] as ProgramState;
    const first = state().pid as number;
    process.kill(first, "SIGUSR2");
    await until(() => state().leaving_pid === first);
    expect(isAlive(first)).toBe(true);
    const second = state().pid as number;
    process.kill(second, "SIGUSR2");
    await until(() => state().restarts === 2 && state().leaving_pid === undefined);
    expect([first, second].map(isAlive)).toEqual([false, false]);
    expect(story("again")).toEqual(["begins a", "takes over b", "asked to end a", "takes over a", "asked to end b"]);
    await running.stop();
  }, 300_000);
});

describe("relief in trouble", () => {
  test("killed while the next one starts or the one before it ends, one takes the place and the other goes", async () => {
    const { changed, until } = changes();
    const running = await supervise([takesTurns("killed")], changed);
    const state = () => running.states()[0] as ProgramState;
    const first = state().pid as number;
    process.kill(first, "SIGUSR2");
    await until(() => state().relief_pid !== undefined);
    process.kill(first, "SIGKILL");
    await until(() => state().restarts === 1 && state().leaving_pid === undefined && state().pid !== first);
    const second = state().pid as number;
    process.kill(second, "SIGUSR2");
    await until(() => state().relief_pid !== undefined);
    process.kill(state().relief_pid as number, "SIGKILL");
    await until(() => state().relief_pid === undefined);
    expect([state().pid, state().status]).toEqual([second, "up"]);
    process.kill(second, "SIGUSR2");
    await until(() => state().leaving_pid === second);
    const third = state().pid as number;
    process.kill(third, "SIGKILL");
    await until(() => state().status === "up" && ![undefined, second, third].includes(state().pid));
    expect([second, third].map(isAlive)).toEqual([false, false]);
    await running.stop();
    expect(state()).toMatchObject({ status: "stopped", relief_pid: undefined, leaving_pid: undefined });
  }, 300_000);

  test("stopped while the next one starts, both are gone", async () => {
    const { changed, until } = changes();
    const running = await supervise([takesTurns("stopped")], changed);
    const state = () => running.states()[0] as ProgramState;
    const first = state().pid as number;
    process.kill(first, "SIGUSR2");
    await until(() => state().relief_pid !== undefined);
    const next = state().relief_pid as number;
    await running.stop();
    expect([first, next].map(isAlive)).toEqual([false, false]);
    expect(state().status).toBe("stopped");
  }, 300_000);

  test("where the next one does not come up, the one that is there stays", async () => {
    const { changed, until } = changes();
    const running = await supervise([takesTurns("stays")], changed);
    const state = () => running.states()[0] as ProgramState;
    const before = state().pid as number;
    writeFileSync(join(folder, "stays-broken"), "");
    process.kill(before, "SIGUSR2");
    await until(() => state().lastEnd?.startsWith("exit 3") === true && state().relief_pid === undefined);
    expect(state()).toMatchObject({ status: "up", pid: before, restarts: 0 });
    expect(story("stays")).toEqual(["begins a"]);
    await running.stop();
  }, 300_000);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
