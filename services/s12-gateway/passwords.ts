/** Password hashes: argon2id in PHC string form, compared in constant time. */
import { argon2, timingSafeEqual } from "node:crypto";

/** OWASP's second recommended setting for argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const TAG_BYTES = 32;
export const SALT_BYTES = 16;
export const PASSWORD_CHARACTERS_MIN = 10;
const ONE_TIME_BYTES = 15;

/** Good for choosing another one. */
export const oneTimePassword = (random: { bytes(count: number): Uint8Array }): string =>
  Buffer.from(random.bytes(ONE_TIME_BYTES)).toString("base64url");

interface Cost {
  memory: number;
  passes: number;
  parallelism: number;
}

function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, tagLength: TAG_BYTES, ...cost };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, tag) => (error ? reject(error) : resolve(Buffer.from(tag))));
  });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** `salt` is 16 fresh random bytes. */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  const tag = await derive(password, salt, { memory: MEMORY_KIB, passes: PASSES, parallelism: PARALLELISM });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${PARALLELISM}$${base64(salt)}$${base64(tag)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;

/** False for a wrong password and for a hash that is none; takes as long either way. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const match = PHC.exec(hash);
  if (!match) return false;
  const [, memory, passes, parallelism, salt, tag] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const wanted = Buffer.from(tag, "base64");
  const found = await derive(password, Buffer.from(salt, "base64"), cost);
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
