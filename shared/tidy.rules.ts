/** Rules about the code itself: each takes one file (or all of them) and answers with complaints. */

export interface File {
  path: string;
  text: string;
  /** What it imports, type-only imports too, as paths from the root; packages as they are. */
  imports: string[];
}
export type Rule = (file: File) => string[];

export const FILE_LINES_MAX = 400;
export const LINE_COLUMNS_MAX = 120;

/** Read from the text: Bun's import scanner forgets type-only imports, and those couple too. */
const SPECIFIER =
  /(?:^|[\s;}])(?:import|export)\s(?:[^"';]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

export function readFile(path: string, text: string): File {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const imports = [...text.matchAll(SPECIFIER)].map((match) => {
    const specifier = (match[1] ?? match[2]) as string;
    return specifier.startsWith(".") ? new URL(specifier, `file:///${folder}/`).pathname.slice(1) : specifier;
  });
  return { path, text, imports };
}

const isTest = (path: string): boolean =>
  /\.(test|contract|fixture|bench)\.tsx?$/.test(path) || path.startsWith("shared/testing/");
const isWeb = (path: string): boolean => path.startsWith("services/s12-gateway/web/");
const lines = (text: string): string[] => text.split("\n");
/** Code without comments, so that a rule does not complain about what a comment says. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
const found = (text: string, pattern: RegExp): string[] =>
  [...code(text).matchAll(pattern)].map((match) => match[0].trim());

const TIME_AND_CHANCE =
  /\b(Date\.now\b|new Date\(\)|Math\.random\b|(?<![.\w])setTimeout\(|(?<![.\w])setInterval\(|performance\.now\b|process\.hrtime\b|crypto\.randomUUID\b|crypto\.getRandomValues\b|\brandomBytes\()/g;
/** Where the machine's own clock and chance may be touched. */
const MAY_TOUCH_CLOCK = [
  /^shared\/adapters\//,
  // It runs by itself, in browsers and other people's programs.
  /^shared\/client\/machine\.ts$/,
  /^ops\/(cli|bench)\//,
  /^ops\/sim\/simulate\.ts$/,
  /^ops\/run\/supervise\.ts$/,
];
const MAY_USE_BUN = [/^shared\/adapters\//, /^shared\/kit\/host[\w-]*\.ts$/, /^ops\//];
const STREAM_NAME = /["'`](mkt|feat|signals|sig|acct|ord|pos|recon|labels|cfg|health|ops):[a-z]+\b/g;
const NAMES_STREAMS = ["shared/streams.ts"];
const DRAWERS = /(^|\/)(utils?|helpers?|common|misc|lib|manager|base)(\/|\.tsx?$)/;
/** A number's setting says its unit or what it counts. */
const UNITS = /(Ms|Bps|Bytes|Usdt|Max|Min|Days|Hours|Count|Share|Pct|Lots|Ticks|Size|Limit|Port|Level|Seconds)$/;

export const rules: Record<string, Rule> = {
  "a file stays readable in one sitting": ({ text }) =>
    lines(text).length > FILE_LINES_MAX + 1 ? [`${lines(text).length} lines, at most ${FILE_LINES_MAX}`] : [],

  "lines fit": ({ text }) =>
    lines(text).flatMap((line, i) =>
      line.length > LINE_COLUMNS_MAX && !/https?:|["'`/]{1}.{100}/.test(line) ? [`line ${i + 1}`] : [],
    ),

  "a file begins with what it is for": ({ path, text }) => {
    if (isTest(path)) return [];
    const head = /^(?:#![^\n]*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
    if (head === undefined) return ["no /** … */ at the top"];
    const sentence = head
      .replace(/\n\s*\*/g, " ")
      .trim()
      .split(/[.:;](?:\s|$)/)[0] as string;
    return sentence.length > LINE_COLUMNS_MAX ? [`its first sentence has ${sentence.length} characters`] : [];
  },

  "services do not know each other": ({ path, imports }) => {
    const home = /^services\/([^/]+)\//.exec(path)?.[1];
    if (home === undefined || isTest(path)) return [];
    return imports.filter((i) => i.startsWith("services/") && !i.startsWith(`services/${home}/`));
  },

  "arrows point down": ({ path, imports }) => {
    if (isTest(path)) return [];
    if (path.startsWith("shared/")) return imports.filter((i) => /^(services|ops)\//.test(i));
    // The launcher that stands beside the services is no service.
    return /^services\/[^/]+\//.test(path) ? imports.filter((i) => i.startsWith("ops/")) : [];
  },

  "rules are pure": ({ path, text, imports }) => {
    if (isTest(path) || !/^shared\/(domain|trading|engine|backtest|experiment|simulation|report)\//.test(path))
      return [];
    const reached = imports.filter(
      (i) => /^shared\/(kit|adapters|testing)\//.test(i) || /^(node:(?!crypto)|bun)/.test(i),
    );
    return [...reached, ...found(text, /\basync\b|\bawait\b/g)];
  },

  "only a declaration meets the kit": ({ path, imports }) => {
    if (!/^services\/[^/]+\//.test(path) || isTest(path) || isWeb(path)) return [];
    if (/\/(service|[\w-]+\.verbs)\.ts$/.test(path)) return [];
    return imports.filter((i) => i.startsWith("shared/adapters/"));
  },

  "time and chance come from a port": ({ path, text }) =>
    isTest(path) || isWeb(path) || MAY_TOUCH_CLOCK.some((p) => p.test(path)) ? [] : found(text, TIME_AND_CHANCE),

  "Bun is met in few rooms": ({ path, text, imports }) =>
    isTest(path) || MAY_USE_BUN.some((p) => p.test(path))
      ? []
      : [...found(text, /\bBun\.\w+/g), ...imports.filter((i) => /^bun(:|$)/.test(i))],

  "names are said once": ({ path, text }) =>
    NAMES_STREAMS.includes(path) || isTest(path) || isWeb(path) ? [] : found(text, STREAM_NAME),

  "there are no drawers": ({ path }) => {
    const bad = DRAWERS.exec(path)?.[2];
    return [...(bad === undefined ? [] : [bad]), ...(/(^|\/)index\.tsx?$/.test(path) ? ["index"] : [])];
  },

  "names are kebab-case": ({ path }) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.tsx?$/.test(name) ? [] : [name];
  },

  "nothing is left for later": ({ path, text }) =>
    path.startsWith("shared/tidy.") ? [] : [...text.matchAll(/\b(TODO|FIXME|HACK|XXX)\b/g)].map((match) => match[0]),

  "a decision is synchronous": ({ path, text }) =>
    path.startsWith("shared/tidy.")
      ? []
      : found(text, /async function decide([A-Z]\w*)?\b|\bdecide([A-Z]\w*)? = async/g),

  "a setting's name has its unit": ({ path, text }) => {
    if (!/^services\/[^/]+\/[\w.-]+\.ts$/.test(path) || isTest(path)) return [];
    const block = /const \w*[sS]ettings = z\.object\(\{([\s\S]*?)\n\}\)/.exec(text)?.[1] ?? "";
    const keys = [...block.matchAll(/^\s{2}(\w+): z\s*\.number\(\)/gm)].map((match) => match[1] as string);
    return keys.filter((key) => !UNITS.test(key));
  },

  "tests are not narrowed": ({ path, text }) =>
    isTest(path) ? found(text, /\b(test|describe|it)\.(only|todo)\(/g) : [],
};

/** Circles of imports among the files, each named once by its members in order. */
export function cycles(files: readonly File[]): string[] {
  const graph = new Map(files.map((file) => [file.path, file.imports.filter((i) => /\.tsx?$/.test(i))]));
  const state = new Map<string, "open" | "done">();
  const circles = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === "done" || !graph.has(path)) return;
    if (state.get(path) === "open") {
      circles.add([...trail.slice(trail.indexOf(path))].sort().join(" ↔ "));
      return;
    }
    state.set(path, "open");
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  return [...circles];
}

/** A test stands beside what it tests: `book.test.ts` beside `book.ts`; those of other people's clients by themselves. */
export function strayTests(paths: readonly string[]): string[] {
  const all = new Set(paths);
  const everything = /(^|\/)((system|tidy|docs|attacks)(\.[\w-]+)?|clients\/[\w-]+)\.test\.ts$/;
  return paths.filter((path) => {
    const stem = /^(.*?)(\.[\w-]+)*\.test\.tsx?$/.exec(path)?.[1];
    if (stem === undefined || everything.test(path) || /(^|\/)issue-\d+-/.test(path)) return false;
    return ![`${stem}.ts`, `${stem}.tsx`].some((beside) => all.has(beside));
  });
}

export const complaintsOf = (file: File): string[] =>
  Object.entries(rules).flatMap(([name, rule]) => rule(file).map((what) => `${file.path}: ${name}: ${what}`));
