import { describe, expect, test } from "bun:test";
import { createClient } from "./client.ts";
import { decideWaitMs } from "./live.ts";

test("waits grow to a ceiling, so that a dead gateway is asked gently for ever", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1_000].map(decideWaitMs);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(waits.at(-1)).toBe(waits.at(-2)!);
});

const frame = (id: number) =>
  `id: ${id}\nevent: alerts\ndata: ${JSON.stringify({ key: "", ts: id, event: { alert_id: `a${id}` } })}\n\n`;
const HELLO = 'event: hello\ndata: {"now":1,"mode":"paper","venue":"v"}\n\n';

/** A gateway that gives each connection its lines and then breaks; answers what each asked to go on after. */
function gatewayOf(lines: readonly string[][]) {
  const asked: (string | null)[] = [];
  const slept: number[] = [];
  const client = createClient({
    url: "http://gateway",
    token: "t",
    sockets: false,
    fetch: async (request) => {
      asked.push(request.headers.get("last-event-id"));
      const next = lines[asked.length - 1];
      if (!next) return Response.json({ code: "UNAUTHENTICATED" }, { status: 401 });
      return new Response(new Blob([next.join("")]).stream(), { headers: { "content-type": "text/event-stream" } });
    },
    machine: {
      now: () => 0,
      chance: () => 0,
      freshKey: () => "k",
      sleep: (ms, signal) => {
        if (ms !== 5_000) slept.push(ms);
        return ms === 5_000 ? new Promise((_, reject) => signal?.addEventListener("abort", reject)) : Promise.resolve();
      },
    },
  });
  return { client, asked, slept };
}

describe("live events as a loop", () => {
  test("go on after a break where they ended, each told once, until nobody is signed in", async () => {
    const { client, asked, slept } = gatewayOf([
      [HELLO, frame(1), frame(2)],
      [HELLO, frame(1), frame(2), frame(3)],
      [],
    ]);
    const heard: string[] = [];
    const ended = (async () => {
      for await (const news of client.events({ topics: ["alerts"] })) {
        heard.push(news.topic === "alerts" ? news.event.alert_id : news.topic);
      }
    })();
    expect(await ended.catch((error: unknown) => error)).toMatchObject({ status: 401 });
    expect(heard).toEqual(["a1", "a2", "a3"]);
    expect(asked).toEqual([null, "2", "3", "3"]);
    expect(slept).toEqual([250, 250, 500]);
  });
  test("tell where what was missed is lost, in its place", async () => {
    const { client } = gatewayOf([[HELLO, frame(1), "event: resync\ndata: {}\n\n", frame(9)]]);
    const heard: string[] = [];
    for await (const news of client.events({ topics: ["alerts"] })) {
      heard.push(news.topic === "alerts" ? news.event.alert_id : news.topic);
      if (heard.length === 3) break;
    }
    expect(heard).toEqual(["a1", "resync", "a9"]);
  });
  test("end with their signal", async () => {
    const { client } = gatewayOf([[HELLO, frame(1)]]);
    const controller = new AbortController();
    for await (const _ of client.events({ signal: controller.signal })) controller.abort();
    expect(controller.signal.aborted).toBe(true);
  });
});
