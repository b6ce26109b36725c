/** Programs in their realm: asked with JSON, kept from clock and chance, stopped when they go on for ever. */
import { describe, expect, test } from "bun:test";
import type { Problem } from "../errors.ts";
import { programRunner } from "./programs.ts";

const { load } = programRunner();
const withDecide = (body: string, head = "") =>
  `${head}\nexport default { start: () => ({ n: 0 }), decide(state: { n: number }, event: any) { ${body} } };`;
const problemOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return `${(error as Problem).code}: ${(error as Problem).message}`;
  }
  return "none";
};

test("types are taken away, state and event go in as JSON, the answer comes out as JSON", () => {
  const program = load(
    withDecide(
      "return { state: { n: state.n + STEP }, intents: [{ side: 'BUY', price: event.bid as number }] };",
      'import type { Program } from "anywhere";\nconst STEP: number = 2;',
    ),
  );
  expect(program.start()).toEqual({ n: 0 });
  const given = Object.freeze({ n: 1 });
  expect(program.decide(given, { bid: 5 })).toEqual({ state: { n: 3 }, intents: [{ side: "BUY", price: 5 }] });
  expect(given).toEqual({ n: 1 });
});

describe("the realm has", () => {
  test.each([
    ...["Date", "Temporal", "performance", "crypto", "fetch", "process", "Bun", "console"],
    ...["setTimeout", "Promise", "eval", "Function", "WebAssembly"],
  ])("no %s", (name) => {
    expect(load(withDecide(`return { kind: typeof ${name} };`)).decide({ n: 0 }, {})).toEqual({ kind: "undefined" });
  });
  test("no chance, and no way round to code made of text", () => {
    const program = load(
      withDecide(`let made = "none"; try { made = (() => {}).constructor("return 1")(); } catch {}
        return { random: typeof Math.random, made };`),
    );
    expect(program.decide({ n: 0 }, {})).toEqual({ random: "undefined", made: "none" });
  });
});

test("one that goes on for ever is stopped, and can be asked again", () => {
  const program = load(withDecide("if (event.loop) for (;;) {} return { state };"));
  expect(problemOf(() => program.decide({ n: 0 }, { loop: true }))).toStartWith("TIMEOUT: ");
  expect(program.decide({ n: 4 }, {})).toEqual({ state: { n: 4 } });
});

test.each([
  ["an import", withDecide("return {};", 'import fs from "node:fs"; fs.rm;'), "RULE: A program imports nothing"],
  [
    "a require",
    withDecide('return { state, intents: [], files: require("node:fs") };'),
    "RULE: A program imports nothing",
  ],
  ["no default export", "export const decide = 1;", "RULE: A program has a default export"],
  ["half a program", "export default { start() {", "RULE: The program cannot be read"],
  ["a throw at its start", 'throw new Error("no"); export default 1;', "RULE: The program does not load: no"],
  ["an endless start", "for (;;) {} export default 1;", "RULE: The program does not load"],
] as const)("%s is refused", (_what, source, message) => {
  expect(problemOf(() => load(source))).toStartWith(message);
});

test("a throw, an answer that JSON does not have, and a missing function are told in a line", () => {
  expect(problemOf(() => load(withDecide('throw new Error("odd\\nmore")')).decide({}, {}))).toBe("RULE: odd");
  expect(problemOf(() => load(withDecide("return undefined")).decide({}, {}))).toContain("nothing that JSON has");
  expect(problemOf(() => load("export default { start: 1 };").start())).toContain("must have start() and decide");
});
