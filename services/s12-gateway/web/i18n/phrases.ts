/**
 * Sentences of services in another language: read back by the form each is made with, and said by that form's own text.
 *
 * Services tell what happened as one English sentence, in records that are kept for years and on paths where nothing
 * may be told twice. A form is that sentence with holes, `Transfer {id:word} was not made: {why:say}`: what stands in a
 * hole is kept as it is, or said again. What no form fits stays English.
 *
 * Kinds of holes: none (any text), `word` (no space in it), `number`, `unit`, `day`, `instrument`, `counts` (of codes),
 * `say` (a sentence, or several), `known` (a word that is a form by itself); every other kind is a group of messages,
 * such as `side`.
 */

/** Form → text of the other language. */
export type Phrases = Readonly<Record<string, string>>;
/** One message by its key, undefined where there is none. */
type Message = (key: string) => string | undefined;
export interface Reading {
  readonly text: string;
  /** Nothing of it is left in English but what is a name, a number or a person's own words. */
  readonly isWhole: boolean;
}

interface Form {
  readonly pattern: RegExp;
  readonly holes: readonly { readonly name: string; readonly kind: string }[];
  readonly text: string;
  /** Characters that are no hole: what says more is tried first. */
  readonly weight: number;
}

const HOLE = /\{(\w+)(?::([\w.]+))?\}/g;
const NUMBER = String.raw`-?\d[\d.,]*(?:e[+-]?\d+)?`;
const INSTRUMENT = String.raw`[A-Z]{3,4}:[A-Z\d_]+`;
const PATTERNS: Readonly<Record<string, string>> = {
  ...{ "": ".+?", say: ".+?", word: String.raw`\S+`, number: NUMBER, instrument: INSTRUMENT, unit: "[a-z%]*" },
  day: String.raw`\d{4}-\d\d-\d\d`,
  counts: String.raw`\w+ \d+(?:, \w+ \d+)*`,
};
const CODE = String.raw`[\w.-]+`;
const PLAIN = new RegExp(`^(?:${NUMBER}|${INSTRUMENT})$`);
/** What is longer is no sentence. */
const LENGTH_MAX = 1_000;
const DEPTH_MAX = 6;
/** Parts of one sentence that are read: what many forms fit in many ways would keep the page from drawing. */
const PARTS_MAX = 300;
const KEPT_MAX = 2_000;

function compile(form: string, text: string): Form {
  const holes: { name: string; kind: string }[] = [];
  let pattern = "";
  let weight = 0;
  let from = 0;
  for (const match of form.matchAll(HOLE)) {
    const [whole, name = "", kind = ""] = match;
    const literal = form.slice(from, match.index);
    pattern += `${escaped(literal)}(${PATTERNS[kind] ?? CODE})`;
    weight += literal.length;
    holes.push({ name, kind });
    from = match.index + whole.length;
  }
  const rest = form.slice(from);
  return { pattern: new RegExp(`^${pattern}${escaped(rest)}$`, "s"), holes, text, weight: weight + rest.length };
}
/** Where two forms say as much, that with fewer holes for any text is meant. */
const looseness = ({ holes }: Form): number => holes.filter(({ kind }) => kind === "").length;
const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The first that leaves nothing in English, else the first there is. */
function best(ways: readonly (() => Reading | undefined)[]): Reading | undefined {
  let partly: Reading | undefined;
  for (const way of ways) {
    const told = way();
    if (told?.isWhole) return told;
    partly ??= told;
  }
  return partly;
}

export function phraseReader(phrases: Phrases, message: Message): (text: string) => Reading {
  const forms = Object.entries(phrases)
    .filter(([form]) => form.includes("{"))
    .map(([form, text]) => compile(form, text))
    .sort((a, b) => b.weight - a.weight || looseness(a) - looseness(b));
  const kept = new Map<string, Reading>();
  let left = 0;

  function read(said: string, depth = 0): Reading {
    left -= 1;
    const text = said.endsWith(".") ? said.slice(0, -1) : said;
    if (PLAIN.test(text)) return { text: said, isWhole: true };
    if (depth > DEPTH_MAX || left < 0) return { text: said, isWhole: false };
    const found = best([() => known(text), () => byForm(text, depth), () => inParts(text, depth)]);
    if (!found) return { text: said, isWhole: false };
    return text === said ? found : { ...found, text: `${found.text}。` };
  }

  function known(text: string): Reading | undefined {
    const told = Object.hasOwn(phrases, text) ? phrases[text] : undefined;
    return told === undefined ? undefined : { text: told, isWhole: true };
  }

  const byForm = (text: string, depth: number): Reading | undefined =>
    best(forms.map((form) => () => toldBy(form, text, depth)));

  function toldBy({ pattern, holes, text }: Form, said: string, depth: number): Reading | undefined {
    const match = pattern.exec(said);
    if (!match) return undefined;
    const parts: Record<string, string> = {};
    let isWhole = true;
    for (const [at, { name, kind }] of holes.entries()) {
      const part = filled(kind, match[at + 1] as string, depth);
      if (!part) return undefined;
      parts[name] = part.text;
      isWhole &&= part.isWhole;
    }
    return { text: text.replace(HOLE, (whole, name: string) => parts[name] ?? whole), isWhole };
  }

  /** Undefined: it cannot stand in such a hole. */
  function filled(kind: string, part: string, depth: number): Reading | undefined {
    if (kind === "say") return read(part, depth + 1);
    if (kind === "known") return known(part);
    if (kind in PATTERNS) return { text: part, isWhole: true };
    const text = message(`${kind}.${part}`);
    return text === undefined ? undefined : { text, isWhole: true };
  }

  /** Several sentences, or several things, one after the other. */
  function inParts(text: string, depth: number): Reading | undefined {
    for (const [between, instead] of [
      ["; ", "；"],
      [", ", "，"],
    ] as const) {
      if (!text.includes(between)) continue;
      const parts = text.split(between).map((part) => read(part, depth + 1));
      const isWhole = parts.every((part) => part.isWhole);
      if (isWhole || between === "; ") return { text: parts.map((part) => part.text).join(instead), isWhole };
    }
    return undefined;
  }

  return (said) => {
    // Neither read nor kept: what is told may be as long as who told it liked.
    if (said.length > LENGTH_MAX) return { text: said, isWhole: false };
    const before = kept.get(said);
    if (before) return before;
    if (kept.size >= KEPT_MAX) kept.clear();
    left = PARTS_MAX;
    const reading = read(said);
    kept.set(said, reading);
    return reading;
  };
}
