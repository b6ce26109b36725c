import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "@hono/zod-openapi";
import type { Span } from "../kit/spans.ts";
import { OtlpSpans } from "./otlp.ts";

const Value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const KeyValues = z.array(z.strictObject({ key: z.string().min(1), value: Value }));
const Nanoseconds = z.string().regex(/^\d{19}$/);
/** ExportTraceServiceRequest, as the specification of OTLP writes it in JSON; nothing else may be in it. */
const Exported = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: KeyValues }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(
            z.strictObject({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z
                .string()
                .regex(/^[0-9a-f]{16}$/)
                .optional(),
              name: z.string().min(1),
              kind: z.number().int().min(1).max(5),
              startTimeUnixNano: Nanoseconds,
              endTimeUnixNano: Nanoseconds,
              attributes: KeyValues,
              status: z.strictObject({ code: z.literal(2).optional(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

let answer: (request: Request) => Response | Promise<Response>;
let heard: { path: string; headers: Headers; body: z.output<typeof Exported> }[];
let server: ReturnType<typeof Bun.serve>;
let open: OtlpSpans[];

beforeEach(() => {
  heard = [];
  open = [];
  answer = () => Response.json({ partialSuccess: {} });
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const path = new URL(request.url).pathname;
      heard.push({ path, headers: request.headers, body: Exported.parse(await request.json()) });
      return answer(request);
    },
  });
});
afterEach(async () => {
  for (const spans of open) await spans.close();
  await server.stop(true);
});

const ID = "0af7651916cd43dd8448eb211c80319c";
const span = (over: Partial<Span> = {}): Span => ({
  ...{ service: "s04", trace_id: ID, span_id: "b7ad6b7169203331", name: "s01/PlaceOrder", kind: "client" },
  ...{ started_at: 1_700_000_000_123.25, ended_at: 1_700_000_000_124.5, attributes: { "rpc.system": "connect_rpc" } },
  ...over,
});
function spans(options: Partial<ConstructorParameters<typeof OtlpSpans>[0]> = {}): OtlpSpans {
  const url = `http://127.0.0.1:${server.port}`;
  const made = new OtlpSpans({ url, sample: 1, version: "0.1.0", instance: "one", everyMs: 3_600_000, ...options });
  open.push(made);
  return made;
}

describe("what a collector is told", () => {
  test("is as OTLP writes it: ids, times to the nanosecond, kinds, values by their type, failures", async () => {
    const teller = spans({ headers: { authorization: "Bearer abc" } });
    teller.tell(span({ attributes: { text: "a", whole: 7, part: 0.5, yes: true } }));
    teller.tell(span({ service: "s01", kind: "server", parent_id: "b7ad6b7169203331", error: "TIMEOUT" }));
    await teller.flush();
    const [{ path, headers, body }] = heard as [(typeof heard)[number]];
    expect([path, headers.get("authorization")]).toEqual(["/v1/traces", "Bearer abc"]);
    const [s04, s01] = body.resourceSpans;
    expect(s04!.resource.attributes).toContainEqual({ key: "service.name", value: { stringValue: "s04" } });
    expect(s04!.scopeSpans[0]!.spans).toEqual([
      {
        ...{ traceId: ID, spanId: "b7ad6b7169203331", name: "s01/PlaceOrder", kind: 3, status: {} },
        ...{ startTimeUnixNano: "1700000000123250000", endTimeUnixNano: "1700000000124500000" },
        attributes: [
          { key: "text", value: { stringValue: "a" } },
          { key: "whole", value: { intValue: "7" } },
          { key: "part", value: { doubleValue: 0.5 } },
          { key: "yes", value: { boolValue: true } },
        ],
      },
    ]);
    expect(s01!.scopeSpans[0]!.spans[0]).toMatchObject({
      ...{ kind: 2, parentSpanId: "b7ad6b7169203331", status: { code: 2, message: "TIMEOUT" } },
    });
    expect([teller.told, teller.dropped]).toEqual([2, 0]);
  });

  test("goes in batches, at most one at a time, and the rest at the end", async () => {
    const teller = spans();
    for (let n = 0; n < 1_200; n++) teller.tell(span());
    await Promise.all([teller.flush(), teller.flush()]);
    teller.tell(span());
    await teller.close();
    expect(heard.map(({ body }) => body.resourceSpans[0]!.scopeSpans[0]!.spans.length)).toEqual([512, 512, 176, 1]);
    expect(teller.told).toBe(1_201);
  });

  test("is a share of the traces, each whole, the same in every process", () => {
    const [some, others] = [spans({ sample: 0.25 }), spans({ sample: 0.25 })];
    let count = 0;
    for (let n = 0; n < 4_000; n++) {
      const id = `${"0".repeat(24)}${((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0")}`;
      expect(some.wants(id)).toBe(others.wants(id));
      if (some.wants(id)) count++;
    }
    expect(count).toBeGreaterThan(900);
    expect(count).toBeLessThan(1_100);
    expect([spans({ sample: 0 }).wants("0".repeat(32)), spans({ sample: 1 }).wants("f".repeat(32))]).toEqual([
      false,
      true,
    ]);
  });
});

test("nobody outside can choose trace ids that are told", () => {
  const secrets = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  const [mine, again, another] = [secrets[0], secrets[0], secrets[1]].map((secret) =>
    spans({ sample: 0.25, ...(secret && { secret }) }),
  ) as [OtlpSpans, OtlpSpans, OtlpSpans];
  const ids = Array.from({ length: 1_000 }, (_, n) => `${String(n).padStart(24, "a")}00000000`);
  const wanted = ids.filter((id) => mine.wants(id));
  expect(wanted.length).toBeGreaterThan(180);
  expect(wanted.length).toBeLessThan(320);
  expect(wanted.every((id) => again.wants(id))).toBe(true);
  const shared = wanted.filter((id) => another.wants(id));
  expect(shared.length).toBeLessThan(wanted.length / 2);
});

describe("a collector", () => {
  test("that is away is asked three times, then the batch is dropped and counted", async () => {
    answer = () => new Response("", { status: 503 });
    const teller = spans();
    teller.tell(span());
    for (let n = 0; n < 3; n++) await teller.flush();
    expect([heard.length, teller.told, teller.dropped]).toEqual([3, 0, 1]);
    await teller.flush();
    expect(heard).toHaveLength(3);
    await server.stop(true);
    teller.tell(span());
    for (let n = 0; n < 3; n++) await teller.flush();
    expect(teller.dropped).toBe(2);
  });

  test("that takes its time for every batch is not waited for at the end any longer than for one answer", async () => {
    answer = () => Bun.sleep(120).then(() => Response.json({}));
    const teller = spans({ timeoutMs: 200 });
    for (let n = 0; n < 5_120; n++) teller.tell(span());
    await teller.close();
    expect(heard.length).toBeLessThan(4);
    expect(teller.told).toBeLessThan(2_048);
    await teller.flush();
    expect(heard.length).toBeLessThan(4);
  });

  test("that comes back in time is told all of it", async () => {
    answer = () => new Response("", { status: 429 });
    const teller = spans();
    teller.tell(span());
    await teller.flush();
    answer = () => Response.json({});
    await teller.flush();
    expect([teller.told, teller.dropped]).toEqual([1, 0]);
  });

  test("that gives no answer holds nobody up: more than a bounded number is dropped at once", async () => {
    answer = () => new Promise<Response>(() => {});
    const teller = spans({ timeoutMs: 100, waitingMax: 10 });
    for (let n = 0; n < 10; n++) teller.tell(span());
    const flushing = teller.flush();
    for (let n = 0; n < 90; n++) teller.tell(span());
    expect(teller.dropped).toBe(90);
    await flushing;
    for (let n = 0; n < 2; n++) await teller.flush();
    expect([teller.told, teller.dropped]).toEqual([0, 100]);
  });

  const nonsense: [string, () => Response, [number, number]][] = [
    ["refuses all", () => new Response("bad", { status: 400 }), [0, 4]],
    ["refuses some", () => Response.json({ partialSuccess: { rejectedSpans: "3", errorMessage: "too old" } }), [1, 3]],
    ["says more than there were", () => Response.json({ partialSuccess: { rejectedSpans: 1e9 } }), [0, 4]],
    ["says what is no JSON", () => new Response("<html>"), [4, 0]],
    ["says null", () => Response.json(null), [4, 0]],
    ["sends elsewhere", () => Response.redirect("http://127.0.0.1:1/"), [0, 4]],
  ];
  test.each(nonsense)("that %s does no harm", async (_, said, [told, dropped]) => {
    answer = said;
    const teller = spans();
    for (let n = 0; n < 4; n++) teller.tell(span());
    for (let n = 0; n < 3; n++) await teller.flush();
    expect([teller.told, teller.dropped]).toEqual([told, dropped]);
  });

  test("at an address that is none is refused at once", () => {
    for (const url of ["nowhere", "ftp://x/"]) expect(() => spans({ url })).toThrow();
    expect(() => spans({ url: "http://127.0.0.1:9/custom/path" })).not.toThrow();
  });
});
