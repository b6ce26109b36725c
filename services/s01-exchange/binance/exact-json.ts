/** JSON whose integers are too long for a float arrive as strings, so that no id is ever rounded. */

/** An integer of 16 digits or more where a value stands; shorter ones are exact as numbers. */
const LONG_INTEGER = /([:[,]\s*)(-?\d{16,})(?=\s*[,}\]])/g;
const HAS_LONG_INTEGER = /[:[,]\s*-?\d{16}/;

/** Throws a SyntaxError on what is no JSON. A text value that itself looks like `,1234567890123456,` would be quoted too. */
export function parseExact(text: string): unknown {
  return JSON.parse(HAS_LONG_INTEGER.test(text) ? quoteLongIntegers(text) : text);
}

/** Quotes outside strings only: what stands between an even and the next odd unescaped quotation mark is left alone. */
function quoteLongIntegers(text: string): string {
  const parts = text.split(/("(?:[^"\\]|\\.)*")/);
  for (let i = 0; i < parts.length; i += 2) parts[i] = parts[i]!.replace(LONG_INTEGER, '$1"$2"');
  return parts.join("");
}
