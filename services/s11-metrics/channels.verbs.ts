/** Channels over REST: made and changed by an admin and a second person, tried by a button, with all that was sent. */
import { z } from "@hono/zod-openapi";
import { deliveries as deliveryRecords, channels as records } from "../../shared/collections/operations.ts";
import { AlertMatch, Channel, ChannelTarget, Delivery, Severity } from "../../shared/domain/alerting.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf, placeOf } from "../../shared/paging.ts";
import { type Channels, viewOf } from "./channels.ts";
import type { Courier } from "./courier.ts";

const SEES = ["trader", "risk", "admin"] as const;
const ADMIN = ["admin"] as const;
const PER_HOUR = 60;

const Id = Channel.shape.channel_id;
const Sealed = z.string().max(8_000).optional().openapi({
  description: "As POST /channels/{channel_id}/secret answered it; absent: the channel's own stays",
});
const Wanted = z.object({
  channel_id: Id,
  title: z.string().min(1).max(120),
  enabled: z.boolean().default(true),
  target: ChannelTarget,
  sealed_secret: Sealed,
  severity_min: Severity.optional().openapi({
    description: "Unless given WARN for webhooks and chats, ERROR for mail, FATAL for text messages",
  }),
  match: AlertMatch.optional(),
  per_hour_max: z.number().int().min(1).max(1_000).default(PER_HOUR),
});

/** Where it leads, for who is to allow it. */
const aimOf = ({ target, secret_hint = "" }: Channel): string => {
  if (target.kind === "EMAIL") return `${target.to.join(", ")} by ${target.host}`;
  if (target.kind === "SMS") return `${target.to.join(", ")} by ${target.url}`;
  if (target.kind === "TELEGRAM") return `chat ${target.chat_id} by ${target.url}`;
  return target.kind === "WEBHOOK" ? target.url : secret_hint;
};

function changes(channels: Channels, courier: Courier): Verb[] {
  return [
    verb({
      name: "sealChannelSecret",
      summary: "Seal a secret for a channel of this name, to be given with the channel; kept nowhere",
      rest: "POST /channels/{channel_id}/secret",
      roles: ADMIN,
      care: "fresh",
      once: "never",
      input: z.object({
        channel_id: Id,
        secret: z.string().min(1).max(2_000).openapi({
          description: "Password, token, whsec_… signing key, or Slack's whole address, by the channel's kind",
        }),
      }),
      output: z.object({ sealed_secret: z.string() }),
      run: ({ channel_id, secret }) => ({ sealed_secret: channels.seal(channel_id, secret) }),
    }),
    verb({
      name: "makeChannel",
      summary: "Make a channel that carries alerts out",
      rest: "POST /channels",
      roles: ADMIN,
      care: "fresh",
      once: "body",
      input: Wanted,
      output: Channel,
      // What is there already, or is not, is refused without asking anybody.
      second: async (wanted) =>
        (await channels.find(wanted.channel_id))
          ? undefined
          : `Make the ${wanted.target.kind} channel ${wanted.channel_id} to ${aimOf(await channels.plan(wanted))}`,
      run: (wanted, { principal }) => channels.create(wanted, principal.id),
    }),
    verb({
      name: "changeChannel",
      summary: "Change a channel; where it leads elsewhere, its secret is given again",
      rest: "PUT /channels/{channel_id}",
      roles: ADMIN,
      care: "fresh",
      once: "body",
      input: Wanted,
      output: Channel,
      async second(wanted) {
        const { channel_id, enabled } = wanted;
        if (!(await channels.find(channel_id))) return undefined;
        const aim = aimOf(await channels.plan(wanted));
        return enabled ? `Change the channel ${channel_id}, to ${aim}` : `Turn the channel ${channel_id} off`;
      },
      run: (wanted, { principal }) => channels.replace(wanted, principal.id),
    }),
    verb({
      name: "removeChannel",
      summary: "Remove a channel; what waits for it is not sent any more",
      rest: "DELETE /channels/{channel_id}",
      roles: ADMIN,
      care: "fresh",
      once: "body",
      input: z.object({ channel_id: Id }),
      output: z.object({ removed: z.boolean() }),
      second: async ({ channel_id }) =>
        (await channels.find(channel_id)) ? `Remove the channel ${channel_id}` : undefined,
      async run({ channel_id }, { principal }) {
        await channels.drop(channel_id, principal.id);
        await courier.forget(channel_id);
        return { removed: true };
      },
    }),
  ];
}

export const channelVerbs = (store: Store, channels: Channels, courier: Courier): Verb[] => [
  verb({
    name: "listChannels",
    summary: "Channels, without their secrets, and how the last message of each fared",
    rest: "GET /channels",
    roles: SEES,
    input: z.object(Paging),
    output: ListOf(Channel),
    run: async (asked) => pageOf(await store.query(records, placeOf(asked)), viewOf),
  }),
  ...changes(channels, courier),
  verb({
    name: "testChannel",
    summary: "Send a test message now; answers within seconds how it went",
    rest: "POST /channels/{channel_id}/test",
    roles: ADMIN,
    once: "body",
    isDoneAgain: () => true,
    input: z.object({ channel_id: Id }),
    output: z.object({ ok: z.boolean(), detail: z.string(), delivery: Delivery }),
    async run({ channel_id }) {
      const { ok, detail, delivery } = await courier.test(channel_id);
      return { ok, detail, delivery };
    },
  }),
  verb({
    name: "listDeliveries",
    summary: "Messages to channels, newest first: waiting, sent, given up",
    rest: "GET /deliveries",
    roles: SEES,
    input: inOrder(
      z.object({
        ...Paging,
        ...Period,
        channel_id: Id.optional(),
        state: Delivery.shape.state.optional(),
        cause: Delivery.shape.cause.optional(),
      }),
    ),
    output: ListOf(Delivery),
    run: async ({ channel_id, state, cause, ...asked }) =>
      pageOf(await store.query(deliveryRecords, newestFirst(asked, "created_at", { channel_id, state, cause }))),
  }),
];
