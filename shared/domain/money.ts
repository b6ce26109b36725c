/** Exact decimal amounts: the only place where price, quantity, money and fees are added, multiplied or rounded. */

declare const exact: unique symbol;
/** An exact decimal: a bigint counting units of 10⁻¹⁸. Made by `dec`, printed by `show`. */
export type Amount = bigint & { readonly [exact]: true };

/** What a division or a cut to a step does with the rest; every call names it. */
export type Rounding = "down" | "up" | "nearest";

export const SCALE_DIGITS = 18;
const ONE = 10n ** BigInt(SCALE_DIGITS);
/** Longer inputs are refused before they are parsed, so that a hostile number costs nothing. */
export const DECIMAL_CHARACTERS_MAX = 60;
const DECIMAL = /^([+-])?(\d+)(?:\.(\d*))?$|^([+-])?\.(\d+)$/;

export const zero = 0n as Amount;
export const one = ONE as Amount;

/** True when `text` is a plain decimal that fits the scale without rounding. */
export const isDecimal = (text: string): boolean => parse(text) !== undefined;

/** Reads a plain decimal ("12.5", "-0.001"); throws a RangeError on anything else, exponents and NaN included. */
export function dec(text: string | number): Amount {
  const plain = typeof text === "number" ? plainNumber(text) : text;
  const known = recent.get(plain);
  if (known !== undefined) return known;
  const amount = parse(plain);
  if (amount === undefined) throw new RangeError(`Not a decimal amount: ${JSON.stringify(plain.slice(0, 40))}`);
  if (recent.size >= RECENT_MAX) recent.clear();
  recent.set(plain, amount);
  return amount;
}

/** Prices and quantities of what is open are read again at every look. */
const recent = new Map<string, Amount>();
const RECENT_MAX = 4_096;

/** 10 to the power of 0 to the scale. */
const POWERS = Array.from({ length: SCALE_DIGITS + 1 }, (_, digits) => 10n ** BigInt(digits));
/** As many digits as a float holds exactly. */
const SHORT_DIGITS = 15;
const [ZERO, NINE, DOT, MINUS] = [48, 57, 46, 45];

/** Most amounts are short: read digit by digit, ten times as fast. Undefined: not short, or no such amount. */
function parseShort(text: string): Amount | undefined {
  const negative = text.charCodeAt(0) === MINUS;
  const from = negative ? 1 : 0;
  if (text.length - from > SHORT_DIGITS) return undefined;
  let [units, dotAt] = [0, -1];
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) units = 10 * units + (code - ZERO);
    else if (code === DOT && dotAt < 0 && at > from) dotAt = at;
    else return undefined;
  }
  if (text.length === from || dotAt === text.length - 1) return undefined;
  const decimals = dotAt < 0 ? 0 : text.length - 1 - dotAt;
  const amount = BigInt(units) * POWERS[SCALE_DIGITS - decimals]!;
  return (negative ? -amount : amount) as Amount;
}

function parse(text: string): Amount | undefined {
  const short = parseShort(text);
  if (short !== undefined) return short;
  if (text.length > DECIMAL_CHARACTERS_MAX) return undefined;
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const whole = match[2] ?? "0";
  const part = (match[3] ?? match[5] ?? "").replace(/0+$/, "");
  if (part.length > SCALE_DIGITS) return undefined;
  const units = BigInt(whole) * ONE + BigInt(part.padEnd(SCALE_DIGITS, "0") || "0");
  return ((match[1] ?? match[4]) === "-" ? -units : units) as Amount;
}

/** A finite number without exponent, as JavaScript prints it, cut to the scale. */
function plainNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`Not a finite number: ${value}`);
  const text = String(value);
  return text.includes("e") ? value.toFixed(SCALE_DIGITS) : text;
}

const NANO = 1e9;
const NANO_DIGITS = 9;
const NANO_UNITS = POWERS[SCALE_DIGITS - NANO_DIGITS]!;
const SAFE_UNITS = BigInt(Number.MAX_SAFE_INTEGER) * NANO_UNITS;

/** Most amounts are whole in units of 10⁻⁹, and few enough of them to count with floats; undefined: this one is not. */
function nanosOf(amount: Amount): number | undefined {
  if (amount > SAFE_UNITS || amount < -SAFE_UNITS || amount % NANO_UNITS !== 0n) return undefined;
  return Number(amount / NANO_UNITS);
}

function showNanos(nanos: number): string {
  const size = Math.abs(nanos);
  const sign = nanos < 0 ? "-" : "";
  let part = size % NANO;
  const whole = (size - part) / NANO;
  if (part === 0) return `${sign}${whole}`;
  let digits = NANO_DIGITS;
  for (; part % 10 === 0; digits--) part /= 10;
  return `${sign}${whole}.${String(part).padStart(digits, "0")}`;
}

/** The shortest decimal string, without exponent or trailing zeros: `show(dec("1.50")) === "1.5"`. */
export function show(amount: Amount): string {
  const short = nanosOf(amount);
  if (short !== undefined) return showNanos(short);
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(SCALE_DIGITS + 1, "0");
  const part = digits.slice(-SCALE_DIGITS).replace(/0+$/, "");
  const text = part === "" ? digits.slice(0, -SCALE_DIGITS) : `${digits.slice(0, -SCALE_DIGITS)}.${part}`;
  return negative ? `-${text}` : text;
}

/** A decimal string with exactly `digits` decimals, rounded to nearest: what a wire with fixed decimals wants. */
export function showFixed(amount: Amount, digits: number): string {
  const units = divide(amount, 10n ** BigInt(SCALE_DIGITS - digits), "nearest");
  const plain = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  const text = digits === 0 ? plain : `${plain.slice(0, -digits)}.${plain.slice(-digits)}`;
  return units < 0n ? `-${text}` : text;
}

/** The nearest float: for features, charts and statistics only. */
export function toNumber(amount: Amount): number {
  const short = nanosOf(amount);
  // A quotient of two exact floats is the float nearest to it, as is the one that a text is read as.
  return short === undefined ? Number(show(amount)) : short / NANO;
}

export const add = (a: Amount, b: Amount): Amount => (a + b) as Amount;
export const sub = (a: Amount, b: Amount): Amount => (a - b) as Amount;
export const neg = (a: Amount): Amount => -a as Amount;
export const abs = (a: Amount): Amount => (a < 0n ? -a : a) as Amount;
export const min = (a: Amount, b: Amount): Amount => (a < b ? a : b);
export const max = (a: Amount, b: Amount): Amount => (a > b ? a : b);
export const sum = (amounts: Iterable<Amount>): Amount => {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total as Amount;
};

/** a × b; exact whenever the product has at most 18 decimals, else rounded as named (half away from zero if nearest). */
export const mul = (a: Amount, b: Amount, rounding: Rounding = "nearest"): Amount =>
  divide(a * b, ONE, rounding) as Amount;

/** a ÷ b to 18 decimals; throws a RangeError when b is zero. */
export function div(a: Amount, b: Amount, rounding: Rounding): Amount {
  if (b === 0n) throw new RangeError("Division by zero");
  return divide(a * ONE, b, rounding) as Amount;
}

/** The multiple of `step` that `amount` is cut to: "down" is towards zero, "up" away from it. */
export function toStep(amount: Amount, step: Amount, rounding: Rounding): Amount {
  if (step <= 0n) throw new RangeError("A step must be positive");
  return (divide(amount, step, rounding) * step) as Amount;
}

/** True when `amount` is a whole multiple of `step`. */
export const isOnStep = (amount: Amount, step: Amount): boolean => amount % step === 0n;

/** How many whole steps `amount` is: the integer ticks or lots that book and engine count in; must be exact. */
export function toSteps(amount: Amount, step: Amount): number {
  if (amount % step !== 0n) throw new RangeError(`${show(amount)} is no multiple of ${show(step)}`);
  const steps = Number(amount / step);
  if (!Number.isSafeInteger(steps)) throw new RangeError(`${show(amount)} is too many steps of ${show(step)}`);
  return steps;
}

/** The inverse of `toSteps`. */
export const fromSteps = (steps: number, step: Amount): Amount => (BigInt(steps) * step) as Amount;

/** The number of decimals a step such as 0.010 really has: 2. */
export function stepDigits(step: Amount): number {
  const text = show(step);
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

function divide(a: bigint, b: bigint, rounding: Rounding): bigint {
  const quotient = a / b;
  const rest = a % b;
  if (rest === 0n || rounding === "down") return quotient;
  const away = a < 0n === b < 0n ? 1n : -1n;
  if (rounding === "up") return quotient + away;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  return twice >= (b < 0n ? -b : b) ? quotient + away : quotient;
}
