/** Sends on, once, what another replica answers for: to the holder of its shard, as the directory names it. */
import type { Contract, Method } from "../contracts.ts";
import { Problem, refuse } from "../errors.ts";
import type { Addresses } from "./addresses.ts";
import { claimText, LEASE_HEADER, readClaim } from "./fences.ts";
import type { Keeper } from "./keeper.ts";
import { type Clock, type Net, NetError, type Random, type ServiceId } from "./ports.ts";
import { mayBeForwardedTo } from "./replicas.ts";
import { CALL_MS_MAX, callRemote, TIMEOUT_HEADER } from "./rpc.ts";
import type { Principal } from "./service.ts";
import { childTrace, currentTrace } from "./trace.ts";

/** The shard that a request was forwarded to: whoever gets it answers for that one, or for nobody. */
export const SHARD_HEADER = "chimera-shard";
/** What belongs to one connection, not to the request. */
const OF_A_CONNECTION = ["connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"];
const NOWHERE = "Nobody holds this shard just now; somebody takes it over within a lease's term.";

export interface Asking {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  /** Empty for none. */
  text: string;
}

export interface ForwardParts {
  service: ServiceId;
  keeper: Pick<Keeper, "others" | "refresh">;
  /** Addresses of the service that need not be on this machine. */
  listed: Pick<Addresses, "all" | "refresh">;
  net: Net;
  clock: Clock;
  random: Random;
}
export interface Forward {
  /** Throws NOT_OWNER when nobody could be reached, TIMEOUT when it may have been done. */
  rest(shard: number, asking: Asking): Promise<Response>;
  rpc(shard: number, of: [Contract, Method], input: unknown, caller: Caller): Promise<unknown>;
}
export interface Caller {
  principal: Principal;
  headers: Headers;
}

export function createForward({ service, keeper, listed, net, clock, random }: ForwardParts): Forward {
  const urlsOf = (shard: number): string[] =>
    keeper.others.filter((member) => member.shards.includes(shard)).map(({ url }) => url);
  const urlOf = (shard: number) => urlsOf(shard).find((url) => mayBeForwardedTo(url, listed.all));
  const strange = (url: string) =>
    `Its holder says it is at ${url}, which is neither on this machine nor in CHIMERA_URL_${service.toUpperCase()}.`;

  /** Where nobody was reached, the directory is asked once more: the shard may have moved. */
  async function toHolder<T>(shard: number, send: (url: string) => Promise<T>): Promise<T> {
    const known = urlOf(shard);
    if (known !== undefined) {
      const answer = await unlessRefused(() => send(known));
      if (answer) return answer.value;
    }
    await Promise.all([keeper.refresh().catch(() => {}), listed.refresh()]);
    const now = urlOf(shard);
    const answer = now === undefined || now === known ? undefined : await unlessRefused(() => send(now));
    if (answer) return answer.value;
    const [named] = now === undefined ? urlsOf(shard) : [];
    return refuse("NOT_OWNER", named === undefined ? NOWHERE : strange(named), { retryAfterMs: 1_000 });
  }

  return {
    rest: (shard, { method, path, headers, text }) =>
      toHolder(shard, async (url) => {
        const passed = Object.fromEntries([...headers].filter(([name]) => !OF_A_CONNECTION.includes(name)));
        passed[SHARD_HEADER] = String(shard);
        passed.traceparent = currentTrace() ?? childTrace(headers.get("traceparent"), random);
        const timeoutMs = msLeft(headers);
        const request = { method, url: url + path, headers: passed, ...(text !== "" && { body: text }), timeoutMs };
        const answer = await net.fetch(request).catch((cause: NetError) => {
          if (cause.kind === "refused") throw cause;
          throw new Problem("TIMEOUT", "The replica that answers for this did not.", { cause });
        });
        for (const name of OF_A_CONNECTION) delete answer.headers[name];
        delete answer.headers["content-encoding"];
        return new Response(answer.body, { status: answer.status, headers: answer.headers });
      }),
    rpc: (shard, of, input, { principal, headers }) =>
      toHolder(shard, (url) => {
        const claim = readClaim(headers.get(LEASE_HEADER), principal);
        const extra = { [SHARD_HEADER]: String(shard), ...(claim && { [LEASE_HEADER]: claimText(claim) }) };
        const token = async () => (headers.get("authorization") ?? "").replace(/^Bearer /i, "");
        const remote = { url, net, clock, caller: principal.id as ServiceId, token, headers: extra };
        return callRemote(remote, of, [input, { timeoutMs: msLeft(headers) }]);
      }),
  };
}

/** Undefined when it was certainly not sent. */
async function unlessRefused<T>(send: () => Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await send() };
  } catch (error) {
    const reason = error instanceof NetError ? error : (error as Partial<Problem>).cause;
    if (reason instanceof NetError && reason.kind === "refused") return undefined;
    throw error;
  }
}

function msLeft(headers: Headers): number {
  const asked = Number(headers.get(TIMEOUT_HEADER) ?? CALL_MS_MAX);
  return Number.isFinite(asked) && asked > 0 ? Math.min(asked, CALL_MS_MAX) : CALL_MS_MAX;
}
