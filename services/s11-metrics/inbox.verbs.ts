/** Alerts of all services, taken into the inbox. */
import { on } from "../../shared/kit/service.ts";
import { alerts } from "../../shared/streams.ts";
import { alertVerbs, createInbox } from "./alerts.ts";
import type { Part, Ports } from "./parts.ts";

export function inboxPart({ store, audit }: Ports): Part {
  const inbox = createInbox({ store, audit });
  return {
    verbs: alertVerbs(store, inbox),
    consumes: [on(alerts, (event, message) => inbox.take(event, message))],
  };
}
