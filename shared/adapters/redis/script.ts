/** A Lua script that runs as one step in the server, sent by its hash once the server knows it. */
import { createHash } from "node:crypto";
import type { RedisConnection } from "./connection.ts";

export class Script {
  readonly #lua: string;
  readonly #sha: string;

  /** `evenWhenFull`: it may run although the server has reached its memory limit. */
  constructor(lua: string, { evenWhenFull = false } = {}) {
    this.#lua = `#!lua${evenWhenFull ? " flags=allow-oom" : ""}\n${lua.trim()}\n`;
    this.#sha = createHash("sha1").update(this.#lua).digest("hex");
  }

  /** All keys are in one slot. */
  run(connection: RedisConnection, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const { client } = connection;
    const rest = [...keys, ...args];
    const answer = client.evalsha(this.#sha, keys.length, ...rest).catch((error: unknown) => {
      if (!String(error).includes("NOSCRIPT")) throw error;
      return client.eval(this.#lua, keys.length, ...rest);
    });
    return connection.ask(answer);
  }
}
