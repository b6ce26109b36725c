/** Sends each verb of a service in shards to where it runs: the shard of its key, every shard, or whoever was asked. */
import { refuse } from "../errors.ts";
import { LEASE_HEADER, readClaim } from "./fences.ts";
import type { Caller, Forward } from "./forward.ts";
import { contractOf, type Elsewhere } from "./host.ts";
import type { Keeper } from "./keeper.ts";
import type { Store } from "./ports.ts";
import type { Asked } from "./rest.ts";
import type { Service, Verb } from "./service.ts";
import { shardOf } from "./shard.ts";

export interface SpreadingParts {
  service: Service;
  count: number;
  keeper: Pick<Keeper, "instance" | "held" | "others">;
  /** Documents of all shards. */
  store: Store;
  forward: Forward;
}

/** Undefined: here, by the documents of all shards. */
type Where = readonly number[] | undefined;

export function createSpreading({ service, count, keeper, store, forward }: SpreadingParts): Elsewhere {
  const all = Array.from({ length: count }, (_, shard) => shard);

  async function whereRuns(verb: Verb, input: unknown): Promise<Where> {
    const { spread } = verb;
    if (!spread) return undefined;
    if ("every" in spread) return all;
    const key = await spread.by(input as never, store);
    return [key === undefined ? anyShard() : shardOf(key, count)];
  }
  /** A living one that needs no forwarding, if there is one here. */
  const anyShard = (): number =>
    keeper.held.find((shard) => keeper.instance(shard)?.isStarted()) ??
    keeper.others.flatMap((member) => member.shards)[0] ??
    0;

  async function rest(shard: number, { request, text }: Asked): Promise<Response> {
    const { method, headers, url } = request;
    const instance = keeper.instance(shard);
    if (!instance) return forward.rest(shard, { method, path: pathOf(url), headers, text });
    return instance.ask((hosted) => hosted.fetch(new Request(url, { method, headers, ...(text && { body: text }) })));
  }
  function rpc(verb: Verb, shard: number, input: unknown, caller: Caller): Promise<unknown> {
    const method = verb.rpc ?? refuse("NOT_FOUND", `${verb.name} is no RPC.`);
    const instance = keeper.instance(shard);
    if (!instance) return forward.rpc(shard, [contractOf(service, verb), method], input, caller);
    const claim = readClaim(caller.headers.get(LEASE_HEADER), caller.principal);
    return instance.ask((hosted) => hosted.call(method, input, caller.principal, claim));
  }

  return {
    async rest(verb, input, asked) {
      const shards = await whereRuns(verb, input);
      if (!shards) return undefined;
      const answers = await allOf(shards.map((shard) => rest(shard, asked)));
      if (!isEvery(verb)) return answers[0];
      return answers.find((answer) => !answer.ok) ?? merged(verb, await Promise.all(answers.map((a) => a.json())));
    },
    async rpc(verb, input, caller) {
      const shards = await whereRuns(verb, input);
      if (!shards) return undefined;
      const answers = await allOf(shards.map((shard) => rpc(verb, shard, input, caller)));
      return { answer: isEvery(verb) ? verb.spread.every(answers as never) : answers[0] };
    },
  };
}

/** Every shard is asked, whatever became of the others. */
async function allOf<T>(asked: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(asked);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<T>).value);
}

type EveryVerb = Verb & { spread: { every(answers: readonly never[]): unknown } };
const isEvery = (verb: Verb): verb is EveryVerb => verb.spread !== undefined && "every" in verb.spread;

function merged(verb: EveryVerb, answers: unknown[]): Response {
  const answer = verb.spread.every(answers as never);
  return Response.json(answer, { status: verb.status(answer as never) });
}

/** Path and query of an absolute URL. */
export const pathOf = (url: string): string => url.slice(url.indexOf("/", url.indexOf("//") + 2));
