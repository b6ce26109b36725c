/**
 * Strategies written as programs, run in a realm of their own without clock, chance, network or files.
 *
 * State and event go in as JSON and the answer comes out as JSON, so that nothing is shared. The realm keeps honest
 * programs pure and stops endless ones; it is no wall against a hostile author, who must not be let in at all.
 */
import vm from "node:vm";
import { Problem, refuse } from "../errors.ts";
import type { LoadedProgram, ProgramRunner } from "../kit/ports.ts";

/** Of one decision; a program that needs longer is stopped. */
const DECIDE_MS_MAX = 50;
const LOAD_MS_MAX = 250;

/** What a pure program has no use for. */
const FORBIDDEN = [
  ...["Date", "Temporal", "Intl", "performance", "crypto"],
  ...["eval", "Function", "ShadowRealm", "WebAssembly", "Promise"],
  ...["WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"],
  ...["console", "fetch", "process", "Bun", "setTimeout", "setInterval", "queueMicrotask"],
];

const PREPARE = new vm.Script(`
  for (const name of ${JSON.stringify(FORBIDDEN)}) delete globalThis[name];
  delete Math.random;
  globalThis.answer = (what, state, event) => {
    const program = globalThis.program;
    if (typeof program?.start !== "function" || typeof program?.decide !== "function")
      throw new TypeError("the default export must have start() and decide(state, event)");
    const result = what === "start" ? program.start() : program.decide(JSON.parse(state), JSON.parse(event));
    const text = JSON.stringify(result);
    if (text === undefined) throw new TypeError(what + "() answered nothing that JSON has");
    return text;
  };
`);
const ASK = new vm.Script("answer(what, state, event)");

export function programRunner(): ProgramRunner {
  return { load };
}

/** Throws Problem RULE for what is no such program. */
function load(source: string): LoadedProgram {
  const script = scriptOf(source);
  const realm = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  const named = realm as Record<string, unknown>;
  try {
    PREPARE.runInContext(realm);
    script.runInContext(realm, { timeout: LOAD_MS_MAX });
  } catch (cause) {
    throw new Problem("RULE", `The program does not load: ${lineOf(cause)}`, { cause });
  }
  const ask = (what: "start" | "decide", state: unknown, event: unknown): unknown => {
    named.what = what;
    named.state = JSON.stringify(state ?? null);
    named.event = JSON.stringify(event ?? null);
    try {
      return JSON.parse(ASK.runInContext(realm, { timeout: DECIDE_MS_MAX }) as string);
    } catch (cause) {
      const isSlow = (cause as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
      throw new Problem(isSlow ? "TIMEOUT" : "RULE", lineOf(cause), { cause });
    }
  };
  return { start: () => ask("start", null, null), decide: (state, event) => ask("decide", state, event) };
}

/** One default export, no imports but of types. */
function scriptOf(source: string): vm.Script {
  try {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    const imports = transpiler.scanImports(source).map(({ path }) => path);
    if (imports.length > 0)
      refuse("RULE", `A program imports nothing but types; this one imports ${imports.join(", ")}.`);
    const text = transpiler.transformSync(source);
    if (!/^export default /m.test(text)) refuse("RULE", "A program has a default export: { start, decide }.");
    return new vm.Script(`"use strict";${text.replace(/^export default /m, "globalThis.program = ")}`, {
      filename: "program.ts",
    });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("RULE", `The program cannot be read: ${lineOf(cause)}`, { cause });
  }
}

const lineOf = (cause: unknown): string => {
  const { message } = cause as { message?: unknown };
  return (typeof message === "string" ? message : String(cause)).split("\n")[0]?.slice(0, 200) ?? "";
};
