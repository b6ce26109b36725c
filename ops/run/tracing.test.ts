import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import { headersOf, openSpans, tellSpans } from "./tracing.ts";

const ABOUT = { version: "0", instance: "one" };

test("without a collector, or of no share, there are no traces", async () => {
  expect(openSpans({}, ABOUT)).toBeUndefined();
  expect(openSpans({ CHIMERA_OTLP_URL: "http://127.0.0.1:4318", CHIMERA_TRACE_SAMPLE: "0" }, ABOUT)).toBeUndefined();
  const spans = openSpans({ CHIMERA_OTLP_URL: "http://127.0.0.1:4318", CHIMERA_TRACE_SAMPLE: "1" }, ABOUT);
  expect(spans?.wants("f".repeat(32))).toBe(true);
  await spans?.close();
});

test("what is wrong is named", () => {
  expect(() => openSpans({ CHIMERA_TRACE_SAMPLE: "2" }, ABOUT)).toThrow("CHIMERA_TRACE_SAMPLE");
  expect(() => openSpans({ CHIMERA_OTLP_URL: "collector" }, ABOUT)).toThrow();
  expect(headersOf("authorization=Bearer a=b, x-tenant=1,")).toEqual({ authorization: "Bearer a=b", "x-tenant": "1" });
  for (const text of ["a", "=b", "a b=c"]) expect(() => headersOf(text)).toThrow("CHIMERA_OTLP_HEADERS");
});

test("what was dropped is counted among the metrics", async () => {
  const registry = new Registry();
  const spans = { told: 3, dropped: 2 };
  tellSpans(registry, spans);
  expect(await registry.metrics()).toContain("chimera_spans_dropped_total 2");
  spans.dropped = 5;
  expect(await registry.metrics()).toContain("chimera_spans_dropped_total 5");
});
