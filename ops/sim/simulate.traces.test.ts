import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Span, Spans } from "../../shared/kit/spans.ts";
import { Desk, FUT } from "./desk.fixture.ts";

setDefaultTimeout(120_000);

class Collected implements Spans {
  readonly all: Span[] = [];
  wants(): boolean {
    return true;
  }
  tell(span: Span): void {
    this.all.push(span);
  }
  get byTrace(): Map<string, Span[]> {
    return Map.groupBy(this.all, ({ trace_id }) => trace_id);
  }
}

const TRADED_MS = 60_000;
const SIGNALS_WAY = [
  "s02 producer send signals:new",
  "s03 consumer process signals:new",
  "s03 client s04/PlaceOrder",
  "s04 server placeOrder",
  "s04 client s01/SubmitOrder",
  "s01 server submitOrder",
  "s01 client POST /fapi/v1/order",
];
const ATTRIBUTES = [
  ...["db.operation.batch.size", "db.operation.name"],
  ...["http.request.method", "http.response.status_code", "http.route"],
  ...["messaging.consumer.group.name", "messaging.destination.name", "messaging.operation.type"],
  ...["rpc.method", "rpc.service", "rpc.system", "server.address", "url.path"],
];

async function traded(spans?: Spans): Promise<Desk> {
  const desk = await Desk.open({ seed: "autopsy", strategies: true, instruments: [FUT], ...(spans && { spans }) });
  await desk.sim.advance(TRADED_MS);
  return desk;
}

/** From the first of a trace down to this one. */
function lineOf(span: Span, among: readonly Span[]): Span[] {
  const parent = among.find(({ span_id }) => span_id === span.parent_id);
  return parent ? [...lineOf(parent, among), span] : [span];
}

describe("traces of the whole system", () => {
  const spans = new Collected();
  const run = traded(spans);

  test("one signal's leads from the feature that fired to the order at the exchange", async () => {
    await run;
    const orders = spans.all.filter(({ service, name }) => service === "s01" && /^POST \/.*\/order$/.test(name));
    expect(orders.length).toBeGreaterThan(0);
    const lines = orders.map((order) => lineOf(order, spans.byTrace.get(order.trace_id)!));
    const bySignal = lines.filter(([first]) => first!.service === "s02");
    expect(bySignal.length).toBeGreaterThan(0);
    const [line] = bySignal as [Span[]];
    expect(line.map(({ service, kind, name }) => `${service} ${kind} ${name}`)).toEqual(SIGNALS_WAY);
    expect(new Set(line.map(({ trace_id }) => trace_id)).size).toBe(1);
    for (const [at, span] of line.entries()) {
      expect(span.ended_at).toBeGreaterThanOrEqual(span.started_at);
      if (at > 0) expect(span.started_at).toBeGreaterThanOrEqual(line[at - 1]!.started_at);
    }
  });

  test("go on behind the commit: who hears of an order's end does so in its trace", async () => {
    await run;
    const heard = spans.all.filter(({ service, name }) => service === "s06" && name === "process ord:results");
    const began = heard.map((span) => lineOf(span, spans.byTrace.get(span.trace_id)!)[0]!.service);
    expect(began).toContain("s02");
  });

  test("are few of name, and hold no key, no body and no id of an order", async () => {
    await run;
    const names = new Set(spans.all.map(({ service, name }) => `${service} ${name}`));
    expect(names.size).toBeLessThan(250);
    const keys = new Set(spans.all.flatMap(({ attributes }) => Object.keys(attributes)));
    expect([...keys].toSorted()).toEqual(ATTRIBUTES);
    const text = JSON.stringify(spans.all.map(({ name, attributes }) => [name, attributes]));
    expect(text).not.toMatch(/signature|listenKey=|api[_-]?key|Bearer|simu-[0-9a-f]{8}/i);
    for (const { span_id, trace_id } of spans.all) {
      expect(span_id).toMatch(/^[0-9a-f]{16}$/);
      expect(trace_id).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(new Set(spans.all.map(({ span_id }) => span_id)).size).toBe(spans.all.length);
  });

  test("change nothing of what is done", async () => {
    const [one, other] = [await run, await traded()];
    expect((await other.sim.summary()).state_hash).toBe((await one.sim.summary()).state_hash);
  });
});
