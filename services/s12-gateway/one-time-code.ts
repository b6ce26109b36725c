/** One-time codes of a second factor (RFC 6238: HMAC-SHA-1, 30 s, six digits), and secrets in base32 (RFC 4648). */
import { createHmac, timingSafeEqual } from "node:crypto";

const STEP_MS = 30_000;
const DIGITS = 6;
/** Clocks of phones are off by about this many steps. */
const STEPS_OFF_MAX = 1;
/** RFC 4226 asks for at least 128 bits and recommends 160. */
export const SECRET_BYTES = 20;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Without padding, as authenticator apps take it. */
export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}

/** The code of one step, by RFC 4226's dynamic truncation. */
export function codeOf(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = (mac.at(-1) as number) & 0xf;
  const truncated = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(truncated % 10 ** DIGITS).padStart(DIGITS, "0");
}

export const stepAt = (now: number): number => Math.floor(now / STEP_MS);

/** The step whose code it is, newer than `lastStep`; undefined for a wrong, an old or a used code. */
export function stepOfCode(secret: Uint8Array, code: string, { now, lastStep }: { now: number; lastStep: number }) {
  const given = Buffer.from(code);
  const current = stepAt(now);
  let found: number | undefined;
  // Every step is compared, so that the time it takes tells nothing.
  for (let step = current - STEPS_OFF_MAX; step <= current + STEPS_OFF_MAX; step++) {
    const wanted = Buffer.from(codeOf(secret, Math.max(0, step)));
    const isSame = wanted.length === given.length && timingSafeEqual(wanted, given);
    if (isSame && step > lastStep) found = step;
  }
  return found;
}

/** What an authenticator app reads, from text or as a QR code. */
export const otpauthUri = (username: string, secret: Uint8Array): string =>
  `otpauth://totp/Chimera:${encodeURIComponent(username)}?secret=${base32(secret)}&issuer=Chimera`;
