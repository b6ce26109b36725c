/** Refresh tokens: opaque, each good for one rotation; what becomes of a family when one is presented. */
import type { Session } from "../../shared/collections/people.ts";
import { digest } from "../../shared/keys.ts";

const FAMILY_BYTES = 16;
const SECRET_BYTES = 32;
const SALT_BYTES = 16;
/** How every one begins: none can be taken for an access token or an API key, nor these for it. */
export const REFRESH_MARK = "chr_";
const TOKEN = /^chr_([\w-]{22})([\w-]{43})$/;

/**
 * How long after a rotation the same one may be asked for again. An answer can be lost on its way, and two tabs of
 * one browser can ask at the same moment; whoever repeats it gets the very token that the first answer held, so that
 * all end up with the same one whatever order the answers arrive in. The price: who copies a token and keeps pace
 * with its owner is not noticed by this alone; their place is in the list of sessions. Later a used token means that
 * two have it, and nobody can say which of them is the thief, so all that came of that sign-in ends (RFC 9700,
 * section 4.14.2).
 */
export const REPEAT_MS = 30_000;

export interface Presented {
  session_id: string;
  /** Of this token alone; the family's part is in `session_id`. */
  secret: string;
}

type Bytes = (count: number) => Uint8Array;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const hashOf = (secret: string): string => digest("refresh token", secret);
/** From a token and a salt that is stored; neither the store nor a token of before is enough to make it. */
const nextSecret = (secret: string, salt: string): string => text(Buffer.from(digest("rotation", secret, salt), "hex"));

/** Whoever brings a token of a family has had one of its tokens: from the session's id, which is told, none can be made. */
export function readRefreshToken(token: string): Presented | undefined {
  const [, family, secret] = TOKEN.exec(token) ?? [];
  if (family === undefined || secret === undefined) return undefined;
  return { session_id: digest("session", family).slice(0, 32), secret };
}

/** The first token of a family; the next ones differ in the secret alone. */
export function firstToken(bytes: Bytes): { token: string; session_id: string; refresh_hash: string } {
  const token = `${REFRESH_MARK}${text(bytes(FAMILY_BYTES))}${text(bytes(SECRET_BYTES))}`;
  const { session_id, secret } = readRefreshToken(token) as Presented;
  return { token, session_id, refresh_hash: hashOf(secret) };
}
export const rotationSalt = (bytes: Bytes): string => text(bytes(SALT_BYTES));
export const withSecret = (token: string, secret: string): string => token.slice(0, -secret.length) + secret;

/** When the good token was made. */
export const issuedAt = ({ rotation, created_at }: Session): number => rotation?.at ?? created_at;

/** Whether it is the good one, or was a moment ago. */
export function isGood(session: Session, secret: string, now: number): boolean {
  const hash = hashOf(secret);
  if (hash === session.refresh_hash) return true;
  const { rotation } = session;
  return rotation !== undefined && hash === rotation.from_hash && rotation.at + REPEAT_MS > now;
}

export type Rotation =
  | { kind: "rotated" | "repeated"; session: Session; secret: string }
  /** It is the family's and was used before. */
  | { kind: "reused"; session: Session };

/** `salt` is fresh chance, kept in the session if it is used. */
export function decideRotation(session: Session, secret: string, at: { now: number; salt: string }): Rotation {
  if (!isGood(session, secret, at.now)) return { kind: "reused", session };
  const hash = hashOf(secret);
  if (hash !== session.refresh_hash && session.rotation) {
    return { kind: "repeated", session, secret: nextSecret(secret, session.rotation.salt) };
  }
  const next = nextSecret(secret, at.salt);
  const rotation = { from_hash: hash, salt: at.salt, at: at.now };
  return { kind: "rotated", secret: next, session: { ...session, refresh_hash: hashOf(next), rotation } };
}
