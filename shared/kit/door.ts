/** What a replica's port answers: its own probes, and every request by the shard that it belongs to, here or elsewhere. */
import { asProblem, Problem, refuse } from "../errors.ts";
import { isFromHere } from "./arrival.ts";
import { readText } from "./body.ts";
import { type Forward, SHARD_HEADER } from "./forward.ts";
import type { Health } from "./health.ts";
import type { Hosted } from "./host.ts";
import type { Keeper } from "./keeper.ts";
import { LOGGED_PATH, mergeLogged } from "./log-ring.ts";
import type { Clock, Random } from "./ports.ts";
import { CODE_HEADER, connectResponse, problemResponse } from "./problem.ts";
import type { Service } from "./service.ts";
import { pathOf } from "./spreading.ts";
import { childTrace, inTrace, traceId } from "./trace.ts";

export interface DoorParts {
  service: Service;
  count: number;
  keeper: Pick<Keeper, "instance" | "held">;
  forward: Forward;
  clock: Clock;
  random: Random;
  /** Never started, over the documents of all shards: it reads each request and knows where it runs. Of a split service. */
  reader: Hosted | undefined;
  health(): Promise<Health>;
  metrics(): Promise<string>;
}

export function createDoor(parts: DoorParts): Pick<Hosted, "fetch"> {
  const { service, count, keeper, forward, reader, clock } = parts;
  /** S11 tells the metrics of all under the same path. */
  const tellsMetrics = service.id !== "s11";

  async function own(path: string, request: Request): Promise<Response | undefined> {
    if (path === "/health") return Response.json(await parts.health());
    if (path === "/ready") {
      const health = await parts.health();
      return Response.json(health, { status: health.ready ? 200 : 503 });
    }
    if (path.split("?")[0] === LOGGED_PATH) return logged(request);
    // Who asks from elsewhere is for the service to know.
    return path === "/metrics" && tellsMetrics && isFromHere(request) ? new Response(await parts.metrics()) : undefined;
  }

  /** Of this process alone, whoever holds the shards: each part of it knows who may ask. */
  async function logged(request: Request): Promise<Response> {
    const held = keeper.held.flatMap((shard) => keeper.instance(shard) ?? []);
    const here = held.map((instance) => instance.ask((hosted) => hosted.fetch(request)));
    return mergeLogged(await Promise.all([...here, ...(reader ? [reader.fetch(request)] : [])]));
  }

  /** By the shard alone: what was forwarded is not forwarded again. */
  async function forShard(text: string, request: Request): Promise<Response> {
    const instance = keeper.instance(Number(text));
    if (instance) return instance.ask((hosted) => hosted.fetch(request));
    return refuse("NOT_OWNER", `This replica of ${service.name} does not hold shard ${text}.`, { retryAfterMs: 1_000 });
  }

  async function toHolder(request: Request): Promise<Response> {
    const { method, headers, url } = request;
    const type = headers.get("content-type") ?? "";
    if (/^application\/(proto|grpc)/.test(type)) refuse("UNSUPPORTED_TYPE", "This replica passes on JSON only.");
    const text = method === "GET" || method === "HEAD" ? "" : await readText(request, clock);
    return forward.rest(0, { method, path: pathOf(url), headers, text });
  }

  async function answer(request: Request): Promise<Response> {
    const shard = request.headers.get(SHARD_HEADER);
    if (shard !== null) return forShard(shard, request);
    if (reader) return reader.fetch(request);
    const instance = count === 1 ? keeper.instance(0) : undefined;
    return instance ? instance.ask((hosted) => hosted.fetch(request)) : toHolder(request);
  }

  return {
    async fetch(request) {
      try {
        const path = pathOf(request.url);
        return (await own(path, request)) ?? (await answer(request));
      } catch (error) {
        const trace = childTrace(request.headers.get("traceparent"), parts.random);
        return inTrace(trace, () => failed(request, error, traceId(trace) as string));
      }
    },
  };
}

const RPC_PATH = /^\/chimera\.\w+\.v\d+\.\w+\//;

function failed(request: Request, error: unknown, id: string): Response {
  const problem = asProblem(error instanceof Problem ? error : new Problem("UNAVAILABLE", String(error)));
  const response = RPC_PATH.test(pathOf(request.url)) ? connectResponse(problem) : problemResponse(problem);
  response.headers.set(CODE_HEADER, problem.code);
  response.headers.set("x-request-id", id);
  return response;
}
