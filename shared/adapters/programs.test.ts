/** Programs in their realm: asked with JSON, kept from clock and chance, stopped when they go on for ever. */
import { describe, expect, test } from "bun:test";
import type { Problem } from "../errors.ts";
import { programRunner } from "./programs.ts";

/** Time goes by on a busy machine while a program does nothing wrong. */
const PATIENT_MS = 30_000;
const { load } = programRunner(PATIENT_MS);
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

describe("nothing is remembered but the state, whatever instrument is asked next:", () => {
  test.each([
    ["what stands outside of its functions", "return { n: ++count };", "let count = 0;"],
    ["a memory that is filled on the way", "seen.push(event); return { n: seen.length };", "const seen = [];"],
    ["itself", "this.n = (this.n ?? 0) + 1; return { n: this.n };", ""],
    ["what it uses before it is written down", "return { n: count++ + 1 };", ""],
  ])("%s", (_what, body, head) => {
    const program = load(`${withDecide(body, head)}\n${head === "" ? "let count = 0;" : ""}`);
    for (let i = 0; i < 3; i += 1) expect(program.decide({ n: 9 }, {})).toEqual({ n: 1 });
  });
  test.each([
    ["what the language brings", "Object.prototype.n = 1; return {};"],
    ["its functions", "Array.prototype.map.n = 1; return {};"],
    ["what only syntax reaches", "Object.getPrototypeOf(function* () {}).n = 1; return {};"],
    ["iterators", "Object.getPrototypeOf([].values()).n = 1; return {};"],
    ["the global object", "globalThis.n = 1; return {};"],
  ])("%s cannot be changed", (_what, body) => {
    expect(problemOf(() => load(withDecide(body)).decide({ n: 0 }, {}))).toStartWith("RULE: ");
  });
});

test("nothing tells the machine's language or where the program's file lies", () => {
  const program = load(
    withDecide(`return { all: [(5).toLocaleString, "x".localeCompare, "x".toLocaleUpperCase, [].toLocaleString]
      .map((each) => typeof each), stack: new Error("x").stack ?? "" };`),
  );
  const { all, stack } = program.decide({ n: 0 }, {}) as { all: string[]; stack: string };
  expect(all).toEqual(["undefined", "undefined", "undefined", "undefined"]);
  expect(stack).not.toContain("/");
});

test("one that goes on for ever is stopped, and can be asked again", () => {
  const source = withDecide("if (event.loop) for (;;) {} return { state };");
  const program = programRunner(1_000).load(source);
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
