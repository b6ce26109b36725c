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
/** Once for each program: on a machine that does much else an honest one is not to be taken for endless. */
const LOAD_MS_MAX = 2_000;

/** What a pure program has no use for: clocks, chance, code made of text, and what others do at their own time. */
const FORBIDDEN = [
  ...["Date", "Temporal", "Intl", "performance", "crypto"],
  ...["eval", "Function", "ShadowRealm", "WebAssembly", "Promise"],
  ...["WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"],
  ...["console", "fetch", "process", "Bun", "setTimeout", "setInterval", "queueMicrotask"],
];

/** They answer by the machine's language and place. */
const LOCAL = ["toLocaleString", "toLocaleUpperCase", "toLocaleLowerCase", "localeCompare"];

/**
 * Nothing that one question leaves behind may be seen by the next, since one realm serves all instruments: what
 * the language brings is frozen, and the program's own text is run anew for each question.
 */
const PREPARE = new vm.Script(`
  for (const name of ${JSON.stringify(FORBIDDEN)}) delete globalThis[name];
  delete Math.random;
  Error.stackTraceLimit = 0;
  const seen = new Set([globalThis]);
  const close = (each) => {
    if (each === null || (typeof each !== "object" && typeof each !== "function") || seen.has(each)) return;
    seen.add(each);
    for (const name of ${JSON.stringify(LOCAL)}) delete each[name];
    reach(each);
    Object.freeze(each);
  };
  const reach = (each) => {
    close(Object.getPrototypeOf(each));
    for (const key of Reflect.ownKeys(each)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(each, key);
      for (const part of [value, get, set]) close(part);
    }
  };
  reach(globalThis);
  // Reached by syntax alone.
  for (const each of [function* () {}, async () => {}, async function* () {}, [].values(), "".matchAll(/x/g)])
    close(Object.getPrototypeOf(each));
  for (const each of [new Map().keys(), new Set().keys(), [].values().map((one) => one)])
    close(Object.getPrototypeOf(each));
  globalThis.answer = (what, state, event) => {
    const program = globalThis.program();
    if (typeof program?.start !== "function" || typeof program?.decide !== "function")
      throw new TypeError("the default export must have start() and decide(state, event)");
    const result = what === "start" ? program.start() : program.decide(JSON.parse(state), JSON.parse(event));
    const text = JSON.stringify(result);
    if (text === undefined) throw new TypeError(what + "() answered nothing that JSON has");
    return text;
  };
`);
const TRY = new vm.Script("program()");
const ASK = new vm.Script("answer(what, state, event)");

/** `decideMs`: how long a program may take; where time is virtual no pause of the machine may change a decision. */
export function programRunner(decideMs = DECIDE_MS_MAX): ProgramRunner {
  return { load: (source) => load(source, decideMs) };
}

/** Throws Problem RULE for what is no such program. */
function load(source: string, decideMs: number): LoadedProgram {
  const script = scriptOf(source);
  const realm = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  const named = realm as Record<string, unknown>;
  try {
    PREPARE.runInContext(realm);
    script.runInContext(realm, { timeout: LOAD_MS_MAX });
    TRY.runInContext(realm, { timeout: LOAD_MS_MAX });
  } catch (cause) {
    throw new Problem("RULE", `The program does not load: ${lineOf(cause)}`, { cause });
  }
  const ask = (what: "start" | "decide", state: unknown, event: unknown): unknown => {
    named.what = what;
    named.state = JSON.stringify(state ?? null);
    named.event = JSON.stringify(event ?? null);
    try {
      return JSON.parse(ASK.runInContext(realm, { timeout: decideMs }) as string);
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
    const inside = text.replace(/^export default /m, "exported = ");
    // Without a way to the realm's global object, which is not frozen.
    const whole = `globalThis.program = function (globalThis) {"use strict";let exported;${inside}\nreturn exported;};`;
    return new vm.Script(whole, { filename: "program.ts" });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("RULE", `The program cannot be read: ${lineOf(cause)}`, { cause });
  }
}

const lineOf = (cause: unknown): string => {
  const { message } = cause as { message?: unknown };
  return (typeof message === "string" ? message : String(cause)).split("\n")[0]?.slice(0, 200) ?? "";
};
