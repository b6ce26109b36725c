/** The file of the passwords of all users of ArangoDB, as `./chimera init` writes it. */
import { z } from "@hono/zod-openapi";

const Passwords = z.record(z.string(), z.string());

/** Whose password is which. Throws an Error for what is no such file. */
export function readPasswords(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    return Passwords.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error('CHIMERA_ARANGO_PASSWORDS is no {"chimera-s04": "…"}.', { cause });
  }
}
