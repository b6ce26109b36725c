import { expect, test } from "bun:test";
import type { Channel, ChannelTarget } from "../../../../shared/domain/alerting.ts";
import { channelOf, draftOfChannel, isShownIn, newChannelDraft } from "./channel-draft.ts";

const targets: ChannelTarget[] = [
  {
    kind: "EMAIL",
    host: "mail.example.com",
    port: 465,
    tls: true,
    user: "bot",
    from: "bot@example.com",
    to: ["a@example.com", "b@example.com"],
  },
  {
    kind: "SMS",
    url: "https://api.example.com/2010-04-01/Accounts/AC1",
    user: "AC1",
    from: "+15550001",
    to: ["+15550002"],
  },
  { kind: "WEBHOOK", url: "https://hooks.example.com/chimera" },
  { kind: "TELEGRAM", url: "https://api.telegram.org", chat_id: "-1001" },
  { kind: "SLACK" },
];
const about = {
  channel_id: "night",
  title: "Night watch",
  enabled: true,
  severity_min: "ERROR",
  per_hour_max: 30,
} as const;

for (const target of targets) {
  test(`a ${target.kind} channel comes back from the form as it was, without its secret`, () => {
    const kept: Channel = { ...about, target, has_secret: true, author: "admin", created_at: 0, updated_at: 0 };
    expect(channelOf(draftOfChannel(kept))).toEqual({ ...about, target });
  });
}

test("what is typed goes as it is: the service says what is wrong with it", () => {
  const draft = { ...newChannelDraft("EMAIL"), host: " m ", to: "a@example.com; b@example.com ,", port: "x" };
  expect(channelOf(draft).target).toMatchObject({
    host: "m",
    to: ["a@example.com", "b@example.com"],
    port: Number.NaN,
  });
});

test("a secret goes only where one was typed", () => {
  const draft = {
    ...newChannelDraft("SLACK"),
    channel_id: "desk",
    title: "Desk",
    secret: "https://hooks.example.com/T/1",
  };
  expect(channelOf(draft).secret).toBe(draft.secret);
});

test("what the service says of a field is shown at it, where the form has it", () => {
  const mail = newChannelDraft("EMAIL");
  expect(["target.to[0]", "sealed_secret", "channel_id"].every((field) => isShownIn(mail, field))).toBe(true);
  expect(["match", "target.url"].some((field) => isShownIn(mail, field))).toBe(false);
});
