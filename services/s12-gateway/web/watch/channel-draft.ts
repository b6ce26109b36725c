/** A channel as it is typed: texts of a form, and the channel that they ask for; the service says what is wrong. */
import type { Channel, ChannelKind, ChannelTarget, Severity } from "../../../../shared/domain/alerting.ts";
import type { ChannelAsked } from "./acts.ts";

export interface ChannelDraft {
  channel_id: string;
  title: string;
  enabled: boolean;
  kind: ChannelKind;
  severity_min: Severity;
  per_hour_max: string;
  secret: string;
  host: string;
  port: string;
  tls: boolean;
  user: string;
  from: string;
  to: string;
  url: string;
  chat_id: string;
}

/** From which severity a kind is told, unless it is said otherwise: what wakes people is told least. */
export const SEVERITY_OF: Readonly<Record<ChannelKind, Severity>> = {
  EMAIL: "ERROR",
  SMS: "FATAL",
  WEBHOOK: "WARN",
  TELEGRAM: "WARN",
  SLACK: "WARN",
};
/** Fields of each kind besides those that all have, in the order of the form. */
export const FIELDS_OF = {
  EMAIL: ["host", "port", "tls", "user", "from", "to"],
  SMS: ["url", "user", "from", "to"],
  WEBHOOK: ["url"],
  TELEGRAM: ["chat_id", "url"],
  SLACK: [],
} as const satisfies Record<ChannelKind, readonly (keyof ChannelDraft)[]>;
export type TargetField = (typeof FIELDS_OF)[ChannelKind][number];

const TELEGRAM = "https://api.telegram.org";
const PER_HOUR = "60";

export const newChannelDraft = (kind: ChannelKind = "EMAIL"): ChannelDraft => ({
  ...{ channel_id: "", title: "", enabled: true, kind, severity_min: SEVERITY_OF[kind], per_hour_max: PER_HOUR },
  ...{ secret: "", host: "", port: "587", tls: false, user: "", from: "", to: "", url: "", chat_id: "" },
});

/** As it is kept; its secret is never told, and stays unless another one is typed. */
export function draftOfChannel({ target, ...channel }: Channel): ChannelDraft {
  const { channel_id, title, enabled, severity_min, per_hour_max } = channel;
  const told: Record<string, unknown> = { ...target };
  const text = (name: string): string => {
    const value = told[name];
    return Array.isArray(value) ? value.join(", ") : value === undefined ? "" : String(value);
  };
  return {
    ...newChannelDraft(target.kind),
    ...{ channel_id, title, enabled, severity_min, per_hour_max: String(per_hour_max) },
    ...{ host: text("host"), user: text("user"), from: text("from"), to: text("to"), url: text("url") },
    ...{ chat_id: text("chat_id"), tls: told.tls === true, port: text("port") || "587" },
  };
}

const listOf = (text: string): string[] =>
  text
    .split(/[\s,;]+/)
    .map((each) => each.trim())
    .filter(Boolean);

function targetOf(draft: ChannelDraft): ChannelTarget {
  const { kind } = draft;
  const user = draft.user.trim();
  switch (kind) {
    case "EMAIL":
      return {
        ...{ kind, host: draft.host.trim(), port: Number(draft.port), tls: draft.tls, from: draft.from.trim() },
        ...{ to: listOf(draft.to), ...(user && { user }) },
      };
    case "SMS":
      return { kind, url: draft.url.trim(), user, from: draft.from.trim(), to: listOf(draft.to) };
    case "WEBHOOK":
      return { kind, url: draft.url.trim() };
    case "TELEGRAM":
      return { kind, chat_id: draft.chat_id.trim(), url: draft.url.trim() || TELEGRAM };
    case "SLACK":
      return { kind };
  }
}

export function channelOf(draft: ChannelDraft): ChannelAsked {
  const { channel_id, title, enabled, severity_min, per_hour_max, secret } = draft;
  return {
    ...{ channel_id: channel_id.trim(), title: title.trim(), enabled, severity_min },
    ...{ target: targetOf(draft), per_hour_max: Number(per_hour_max) },
    ...(secret !== "" && { secret }),
  };
}

const SHOWN: readonly (keyof ChannelDraft)[] = ["channel_id", "title", "secret", "per_hour_max"];
/** Whether what the service says of a field of its own is about this one of the form. */
export const isAbout = (field: string, name: keyof ChannelDraft): boolean =>
  field === name || field.startsWith(`target.${name}`) || (name === "secret" && field === "sealed_secret");
/** Whether the form has a place for it. */
export const isShownIn = ({ kind }: Pick<ChannelDraft, "kind">, field: string): boolean =>
  [...SHOWN, ...FIELDS_OF[kind]].some((name) => isAbout(field, name));
