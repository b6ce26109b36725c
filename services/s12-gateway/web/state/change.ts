/** Every request that changes something: proven again where it must be, and told apart where a second person decides. */
import type { CallOptions } from "../../../../shared/client/call-options.ts";
import { decided } from "../../../../shared/client/problem.ts";
import { send } from "../api/http.ts";
import { proofGate } from "./proof-gate.ts";

interface ChangeOptions {
  body?: unknown;
  /** The same for every try of the same act. */
  key?: string;
}

export async function change<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  { body = {}, key }: ChangeOptions = {},
): Promise<T> {
  const options = key === undefined ? { body } : { body, idempotencyKey: key };
  const answer = await proofGate.run(() => send<T>(method, path, options));
  return decided(answer.status, answer.body) as T;
}

/** The same by the client; `key` is the same for every try of the same act. */
export const proven = <T>(act: (given: CallOptions) => Promise<T>, key?: string): Promise<T> =>
  proofGate.run(() => act(key === undefined ? {} : { key }));
