/**
 * Texts cut into words as SQLite's search does, so that both stores find the same: by FTS5's unicode61, letters, digits
 * and private characters, in lower case, without accents. ArangoDB's text analyzers cut by other rules: `FUT:BTCUSDT`
 * would be one word.
 */

const WORD = /[\p{L}\p{N}\p{Co}\p{Mn}]+/gu;
const ACCENTS = /\p{Mn}/gu;
const WORDS_MAX = 32;

/** The words of a text, in their order. */
export function wordsOf(text: string): string[] {
  return (text.toWellFormed().match(WORD) ?? []).map(fold).filter((word) => word !== "");
}

const fold = (word: string): string => word.normalize("NFD").replace(ACCENTS, "").normalize("NFC").toLowerCase();

/** What is indexed of a document: the words of each searchable field with one space between. */
export function textsOf(fields: readonly string[], value: unknown): Record<string, string> {
  const record = value as Record<string, unknown>;
  const texts: Record<string, string> = {};
  for (const field of fields) {
    const text = record[field];
    if (typeof text === "string") texts[field] = wordsOf(text).join(" ");
  }
  return texts;
}

/**
 * What was asked for: every element has to occur, its words side by side in one field, the last of them as the
 * beginning of a word. `FUT:BTC` is one element of two words.
 */
export function asked(text: string): string[][] {
  return text
    .split(/[\s\0]+/u)
    .map(wordsOf)
    .filter((words) => words.length > 0)
    .slice(0, WORDS_MAX);
}
