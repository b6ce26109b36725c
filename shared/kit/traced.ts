/** What spans say of requests, by OpenTelemetry's names for it; no body, no query and no secret among it. */
import { arrivalOf } from "./arrival.ts";
import { instead } from "./instead.ts";
import type { Net, Random, ServiceId } from "./ports.ts";
import type { Verb } from "./service.ts";
import type { Attributes, Tracing } from "./spans.ts";
import { childTrace, traceId } from "./trace.ts";

/** Answers in the trace that the request came with, or in a new one, which `X-Request-Id` names. */
export async function inItsTrace(
  request: Request,
  { tracing, random }: { tracing: Tracing; random: Random },
  answer: () => Promise<Response>,
): Promise<Response> {
  const parent = request.headers.get("traceparent");
  const trace = childTrace(parent, random);
  const { from } = arrivalOf(request);
  const came = { trace, parent, ...(from !== undefined && { from }) };
  // Told when a verb has answered: probes and scrapes are none.
  const response = await tracing.own(came, { kind: "server", name: request.method, ifUsed: true }, answer);
  response.headers.set("x-request-id", traceId(trace) as string);
  return response;
}

/** Of a verb that has answered. */
export function answered(verb: Verb, status: number): Attributes {
  const [method, route] = verb.rest?.split(" ") ?? [];
  return {
    "http.response.status_code": status,
    ...(verb.rpc && { "rpc.system": "connect_rpc", "rpc.method": verb.rpc.desc.name }),
    ...(method !== undefined && { "http.request.method": method }),
    ...(route !== undefined && { "http.route": route }),
  };
}

/** Of what is asked outside no more is told than whom; paths and queries may hold keys, but for the exchange's paths. */
export function tracedNet(net: Net, id: ServiceId, tracing: Tracing): Net {
  if (!tracing.isOn) return net;
  return instead(net, {
    fetch(request) {
      const { hostname, pathname } = new URL(request.url);
      const path = id === "s01" ? pathname : undefined;
      const attributes = {
        ...{ "http.request.method": request.method, "server.address": hostname },
        ...(path !== undefined && { "url.path": path }),
      };
      const name = [request.method, path ?? hostname].join(" ");
      return tracing.part({ kind: "client", name, attributes }, async () => {
        const answer = await net.fetch(request);
        tracing.describe(name, { "http.response.status_code": answer.status });
        return answer;
      });
    },
  });
}
