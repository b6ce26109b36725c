/** Alerts of all services: taken into the inbox, told over channels, told again until somebody has seen them. */
import { every, on } from "../../shared/kit/service.ts";
import { createSealer } from "../../shared/sealing.ts";
import { alerts, type HealthEvent } from "../../shared/streams.ts";
import { createInbox } from "./alerts.ts";
import { alertVerbs, silenceVerbs } from "./alerts.verbs.ts";
import { createChannels } from "./channels.ts";
import { channelVerbs } from "./channels.verbs.ts";
import { Courier } from "./courier.ts";
import { createDeadman } from "./deadman.ts";
import { createEscalation } from "./escalation.ts";
import type { Part, Ports } from "./parts.ts";
import { createSender } from "./senders.ts";
import { createSilences } from "./silences.ts";
import { createTakeAgain } from "./take-again.ts";
import { createTeller } from "./telling.ts";

const LOOK_MS = 5_000;
const ESCALATE_LOOK_MS = 15_000;
const MINUTE_MS = 60_000;

/** Channels and the courier, with what they need of the settings. */
function carriersOf(ports: Ports) {
  const { settings, store, clock, random, log, audit, outside, metrics, alert } = ports;
  const { channelKey, allowHosts: allowed, deliveryTimeoutMs: timeoutMs, publicUrl, mode } = settings;
  const sealer =
    channelKey === undefined ? undefined : createSealer(channelKey, "channel secrets", (count) => random.bytes(count));
  const channels = createChannels({ store, clock, sealer, allowed, audit });
  const sender = createSender({ outside, clock, allowed, timeoutMs });
  const sent = metrics.counter("channel_messages_total", "Messages sent over channels, by how they went", [
    "kind",
    "outcome",
  ]);
  const where = `Chimera ${mode}`;
  return {
    channels,
    courier: new Courier({ store, clock, random, log, channels, sender, publicUrl, where, sent, alert }),
  };
}

function deadmanOf(ports: Ports, level: () => HealthEvent) {
  const { settings, clock, log, outside, peers, alert } = ports;
  const { deadmanUrl: url, deadmanMethod: method, allowHosts: allowed, levelMs } = settings;
  if (url === undefined) return undefined;
  const judgedMsMax = Math.max(MINUTE_MS, 3 * levelMs);
  return createDeadman({
    ...{ url, method, outside, allowed, clock, log, judgedMsMax, level, alert },
    streams: peers.streams,
  });
}

/** `level`: what was judged last. */
export function inboxPart(ports: Ports, level: () => HealthEvent): Part {
  const { settings, store, clock, random, audit, log, peers } = ports;
  const { channels, courier } = carriersOf(ports);
  const wake = () => void courier.look().catch((error) => log.warn("channels not looked at", { error: String(error) }));
  const silences = createSilences({ store, clock, random, audit });
  const teller = createTeller({ store, clock, isBusy: (id) => courier.isBusy(id) });
  const inbox = createInbox({ store, clock, silences, teller, pace: settings, audit, wake });
  const takeAgain = createTakeAgain({ clock, dead: peers.dead, take: inbox.take, log });
  const escalation = createEscalation({ store, clock, silences, teller, ...settings, wake });
  const deadman = deadmanOf(ports, level);
  const heard = ports.metrics.counter("alerts_total", "Alerts told by all services, repeats included", [
    ...["severity", "code"],
  ]);
  return {
    verbs: [...alertVerbs(store, inbox), ...silenceVerbs(store, silences), ...channelVerbs(store, channels, courier)],
    consumes: [
      on(alerts, async (event, message) => {
        await inbox.take(event, message);
        heard.inc({ severity: event.severity, code: event.code });
      }),
    ],
    jobs: [
      every(LOOK_MS, "carry-alerts", () => courier.look()),
      every(ESCALATE_LOOK_MS, "escalate-alerts", escalation.look),
      every(MINUTE_MS, "take-dead-alerts-again", takeAgain.look),
      ...(deadman ? [every(MINUTE_MS, "ping-outside-watcher", deadman.ping)] : []),
    ],
    start: () => courier.forget(),
    stop: () => courier.stop(),
  };
}
