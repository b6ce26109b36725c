/** Takes secrets out of what is logged: fields by their name, wherever they stand, and what looks like one in a text. */

const NAMES =
  /^(.*_)?(pass(word|phrase)?|secret|token|api_?key|apikey|authorization|cookie|signature|private_?key|totp|otp)$/i;
/** `name=value` of a query or a header, and bearer tokens. */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /(password|secret|token|api[-_]?key|signature|authorization)("?\s*[=:]\s*"?)(?!Bearer)[^\s&",;}]+/gi,
    "$1$2[redacted]",
  ],
  [/\bBearer\s+[\w.~+/=-]+/gi, "Bearer [redacted]"],
  [/\b(bot)?\d{6,}:[\w-]{30,}/g, "[redacted]"],
  [/(hooks\.slack\.com\/services)\/[\w/]+/g, "$1/[redacted]"],
  [/\/\/[^\s/:@]+:[^\s/@]+@/g, "//[redacted]@"],
];
const DEPTH_MAX = 6;

export const isSecretName = (name: string): boolean => NAMES.test(snake(name));
const snake = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1_$2");

/** What is longer is cut first: nobody's answer may keep a service busy. */
const LENGTH_MAX = 20_000;
export const redactText = (text: string): string =>
  IN_TEXT.reduce((cleaned, [pattern, by]) => cleaned.replace(pattern, by), text.slice(0, LENGTH_MAX));

/** A copy without secrets; what is nested too deep is left out. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? String(value) : value;
  if (value instanceof Error) return redactText(String(value));
  if (depth >= DEPTH_MAX) return "[too deep]";
  if (Array.isArray(value)) return value.map((each) => redact(each, depth + 1));
  const pairs = Object.entries(value).map(([name, each]) => {
    return [name, isSecretName(name) ? "[redacted]" : redact(each, depth + 1)];
  });
  return Object.fromEntries(pairs);
}
