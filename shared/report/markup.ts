/** HTML and SVG as text in which everything from outside is escaped: what is no `Markup` can never become one. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | readonly Markup[] | string | number | undefined | false;

/** Control characters, and those that turn or hide what is read: nothing honest needs them in a report. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNREADABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe as text and within quoted attributes. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(UNREADABLE, "\ufffd")
    .replace(/[&<>"']/g, (character) => REFERENCES[character] as string);

const textOf = (part: Part): string => {
  if (part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return escaped(String(part));
};

/** A template whose values are escaped unless they are markup already; lists of markup are joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, at) => (at === 0 ? text : textOf(parts[at - 1]) + text)).join(""));
}

export const NOTHING = new Markup("");
