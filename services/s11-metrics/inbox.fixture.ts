/** S11 alone in the simulated world: alerts are published to it, people ask it, and what it sends outside is seen. */
import { whileRunning } from "../../ops/sim/requests.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { alertsKept, deliveries } from "../../shared/collections/operations.ts";
import type { Delivery, Severity } from "../../shared/domain/alerting.ts";
import { digest } from "../../shared/keys.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { constellation } from "../../shared/kit/constellation.ts";
import type { Outside } from "../../shared/kit/outside.ts";
import type { Net } from "../../shared/kit/ports.ts";
import type { Role } from "../../shared/kit/service.ts";
import { type Alert, alerts } from "../../shared/streams.ts";
import { type MemoryOutside, memoryOutside } from "../../shared/testing/outside.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import s11 from "./service.ts";

export const START = Date.UTC(2026, 0, 5);
export const SIGNING = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export interface Said {
  status: number;
  body: Record<string, unknown> & { items?: Record<string, unknown>[] };
}
export interface InboxOptions {
  env?: Record<string, string>;
  outside?: (clock: VirtualClock) => Outside;
}

export async function openS11({ env = {}, outside: other }: InboxOptions = {}) {
  const clock = new VirtualClock(START);
  const memory: MemoryOutside = memoryOutside(clock);
  const outside = other?.(clock) ?? memory;
  // Hours pass here in which nobody looks at levels.
  const quiet = { CHIMERA_S11_LEVEL_MS: "3600000", CHIMERA_S11_LEVEL_AGAIN_MS: "36000000" };
  const world = simulatedWorld({
    clock,
    net: {} as Net,
    outside,
    seed: "s11",
    env: { ...quiet, ...env },
    freeze: true,
  });
  const store = world.store("s11");
  const tokens = createTokens(world.serviceKey, clock);
  const running = <T>(work: Promise<T>): Promise<T> => whileRunning(clock, work);
  let life = await constellation([s11], ["s11"], world);
  await running(life.start());

  /** `asked`: `POST /channels`. As an admin beside whom somebody else allows it, unless `role` says otherwise. */
  async function send(asked: string, body: object = {}, role: Role = "admin"): Promise<Said> {
    const [method, path] = asked.split(" ") as [string, string];
    const token = await tokens.mint("s12", "s11", { id: "ada", role, second: "bea" });
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": digest("test", asked, JSON.stringify(body), String(clock.now())),
    };
    const request = new Request(`http://127.0.0.1:8091${path}`, {
      ...{ method, headers },
      ...(method !== "GET" && { body: JSON.stringify(body) }),
    });
    const response = await life.hosted.get("s11")!.fetch(request);
    return { status: response.status, body: (await response.json()) as Said["body"] };
  }

  const tool = {
    ...{ clock, store, world, outside: memory },
    ask: (...asked: Parameters<typeof send>): Promise<Said> => running(send(...asked)),
    /** Says an alert on the stream, as any service does. */
    async publish(severity: Severity, code: string, message = `${code} happened`, source = "s04"): Promise<string> {
      const alert_id = digest("alert", source, code, message).slice(0, 16);
      const alert: Alert = { alert_id, severity, source, code, message, ts: clock.now() };
      await running(world.bus.publish(alerts, alert));
      return alert_id;
    },
    advance: (ms: number): Promise<void> => clock.run(clock.now() + ms),
    alert: async (alert_id: string) => (await store.get(alertsKept, alert_id))?.value,
    async deliveries(where: Record<string, string> = {}): Promise<Delivery[]> {
      const sort = { field: "created_at", order: "asc" } as const;
      return (await store.query(deliveries, { where, sort, limit: 1_000 })).items.map(({ value }) => value);
    },
    /** A signed webhook to `https://<id>.test/in`. */
    async webhook(channel_id: string, over: object = {}): Promise<void> {
      const sealed = await tool.ask(`POST /channels/${channel_id}/secret`, { secret: SIGNING });
      const target = { kind: "WEBHOOK", url: `https://${channel_id}.test/in` };
      const { sealed_secret } = sealed.body;
      const made = await tool.ask("POST /channels", { channel_id, title: channel_id, target, sealed_secret, ...over });
      if (made.status !== 200) throw new Error(JSON.stringify(made.body));
    },
    /** What was sent to a webhook so far, as it was read there. */
    heard: (channel_id: string): Heard[] =>
      memory.sent
        .filter((sent) => "url" in sent && new URL(sent.url).hostname === `${channel_id}.test`)
        .map((sent) => JSON.parse("url" in sent ? (sent.body ?? "null") : "null") as Heard),
    /** Its process ends and another one takes its place, with the same stores. */
    async restart(): Promise<void> {
      await running(life.stop());
      life = await constellation([s11], ["s11"], world);
      await running(life.start());
    },
    stop: () => running(life.stop()),
  };
  return tool;
}
export type S11 = Awaited<ReturnType<typeof openS11>>;
interface Heard {
  type: string;
  data: { severity: Severity; count: number; alerts: Alert[]; summary: string };
}
