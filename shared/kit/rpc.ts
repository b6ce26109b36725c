/** The RPC face: Connect's unary protocol by hand for JSON with proto names, stock Connect for every other form. */
import { type create, fromBinary, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import type { Contract, Method } from "../contracts.ts";
import { asProblem, FAILURES, Problem } from "../errors.ts";
import { fits } from "../fits.ts";
import { BODY_BYTES_MAX, parseJson, readBytes, readText } from "./body.ts";
import type { Clock, Net, ServiceId } from "./ports.ts";
import { CODE_HEADER, connectResponse, fromConnect, invalid } from "./problem.ts";
import type { CallOptions, Principal } from "./service.ts";
import { currentFrom, currentTrace } from "./trace.ts";

export const CALLER_HEADER = "chimera-caller";
/** Where the person is for whom a service asks; of nobody else is it taken. */
export const FROM_HEADER = "chimera-from";
export const TIMEOUT_HEADER = "connect-timeout-ms";
export const CALL_MS_MAX = 10_000;

export const rpcPath = (contract: Contract, method: Method): string => `/${contract.desc.typeName}/${method.desc.name}`;

export interface RpcParts {
  clock: Clock;
  whoAsks(request: Request): Promise<Principal>;
  run(input: unknown, principal: Principal, call: RpcCall): Promise<unknown>;
}
export interface RpcCall {
  signal: AbortSignal | undefined;
  headers: Headers;
}

/** Answers one method; our own callers send proto names, so only theirs skip the protobuf detour. */
export function rpcHandler(method: Method, parts: RpcParts): (request: Request) => Promise<Response> {
  const stock = stockHandler(method, parts);
  return async (request) => {
    try {
      const principal = await parts.whoAsks(request);
      if (!/^application\/json\b/.test(request.headers.get("content-type") ?? "")) {
        const body = await readBytes(request, parts.clock);
        const { method: verb, url, headers } = request;
        if (headers.get("content-type") === "application/proto" && !headers.has("content-encoding"))
          mustFit(method, body);
        return await stock(new Request(url, { method: verb, headers, body }));
      }
      const json = parseJson((await readText(request, parts.clock)) || "{}", "application/json");
      const input = request.headers.has(CALLER_HEADER) ? json : protoNames(method, json as JsonValue);
      const output = await inTime(request, parts, (signal) =>
        parts.run(checkInput(method, input), principal, { signal, headers: request.headers }),
      );
      return new Response(JSON.stringify(output), { headers: { "content-type": "application/json" } });
    } catch (error) {
      return connectResponse(error);
    }
  };
}

/** Gives up when the caller has: its deadline travels in a header, its going away ends the request. */
async function inTime<T>(request: Request, { clock }: RpcParts, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const asked = Number(request.headers.get(TIMEOUT_HEADER) ?? CALL_MS_MAX);
  const ms = Number.isFinite(asked) && asked > 0 ? Math.min(asked, CALL_MS_MAX) : CALL_MS_MAX;
  const late = new AbortController();
  const signal = AbortSignal.any([request.signal, late.signal]);
  let cancel = () => {};
  const timeUp = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(ms, () => {
      reject(new Problem("TIMEOUT", `Not within ${ms} ms.`));
      late.abort();
    });
  });
  try {
    return await Promise.race([work(signal), timeUp]);
  } finally {
    cancel();
  }
}

/** Any JSON form of the message (camelCase, defaults left out) as our shapes have it; "" stands for a field not set. */
function protoNames(method: Method, json: JsonValue): unknown {
  try {
    const message = fromJson(method.desc.input, json, { ignoreUnknownFields: true });
    return plain(method, message);
  } catch (cause) {
    throw new Problem("MALFORMED", "The message does not fit its type.", { cause });
  }
}
function plain(method: Method, message: ReturnType<typeof create>): unknown {
  const json = toJson(method.desc.input, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
  return JSON.parse(JSON.stringify(json), (_key, value: unknown) => (value === "" ? undefined : value));
}

/** Stock Connect calls bytes that are no message a failure of ours. */
function mustFit(method: Method, bytes: Uint8Array): void {
  try {
    fromBinary(method.desc.input, bytes);
  } catch (cause) {
    throw new Problem("MALFORMED", "The message does not fit its type.", { cause });
  }
}

/** What a method is asked, in its shape; what is in it already is taken as it stands. Throws Problem INVALID. */
export function checkInput(method: Method, input: unknown): unknown {
  if (fits(method.input, input)) return input;
  const parsed = method.input.safeParse(input);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

function stockHandler(method: Method, parts: RpcParts): (request: Request) => Promise<Response> {
  const router = createConnectRouter({
    grpc: false,
    grpcWeb: false,
    maxTimeoutMs: CALL_MS_MAX,
    readMaxBytes: BODY_BYTES_MAX,
  });
  router.rpc(
    method.desc as never,
    (async (message: never, context: { requestHeader: Headers; signal: AbortSignal }) => {
      try {
        const request = new Request("http://local/", { headers: context.requestHeader });
        const principal = await parts.whoAsks(request);
        const call = { signal: context.signal, headers: context.requestHeader };
        const output = await parts.run(checkInput(method, plain(method, message)), principal, call);
        return fromJson(method.desc.output, JSON.parse(JSON.stringify(output)) as JsonValue, {
          ignoreUnknownFields: true,
        });
      } catch (error) {
        throw asConnectError(error);
      }
    }) as never,
  );
  const handler = createFetchHandler(router.handlers[0] as never, { httpVersion: "1.1" });
  return async (request) => handler(request);
}

function asConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const problem = asProblem(error);
  const name = FAILURES[problem.code].connect.replace(/(^|_)(\w)/g, (_m, _u, letter: string) => letter.toUpperCase());
  return new ConnectError(problem.message, Code[name as keyof typeof Code], { [CODE_HEADER]: problem.code });
}

export interface Remote {
  url: string;
  net: Net;
  clock: Clock;
  caller: ServiceId;
  token(): Promise<string>;
  /** Besides the usual ones. */
  headers?: Readonly<Record<string, string>>;
}

/** Calls one method of another process; throws the callee's Problem, or UNAVAILABLE when it was never reached. */
export async function callRemote(
  remote: Remote,
  [contract, method]: [Contract, Method],
  [input, options]: [unknown, CallOptions],
): Promise<unknown> {
  const timeoutMs = Math.min(options.timeoutMs ?? CALL_MS_MAX, CALL_MS_MAX);
  const traceparent = currentTrace();
  const from = currentFrom();
  try {
    const response = await remote.net.fetch({
      method: "POST",
      url: remote.url + rpcPath(contract, method),
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${await remote.token()}`,
        "connect-protocol-version": "1",
        [TIMEOUT_HEADER]: String(timeoutMs),
        [CALLER_HEADER]: remote.caller,
        ...(traceparent !== undefined && { traceparent }),
        ...(from !== undefined && { [FROM_HEADER]: from }),
        ...remote.headers,
      },
      body: JSON.stringify(input),
      timeoutMs,
    });
    if (response.status !== 200) throw fromConnect(response.status, response.headers[CODE_HEADER], response.body);
    const answer: unknown = JSON.parse(response.body);
    return fits(method.output, answer) ? answer : method.output.parse(answer);
  } catch (error) {
    if (error instanceof Problem) throw error;
    const refused = (error as { kind?: unknown }).kind === "refused";
    const message = `${contract.id} ${refused ? "cannot be reached" : "did not answer"}`;
    throw new Problem(refused ? "UNAVAILABLE" : "TIMEOUT", message, { cause: error });
  }
}
