import { expect, test } from "bun:test";
import type { Channel, ChannelTarget } from "../../../../shared/domain/alerting.ts";
import { channelOf, draftOfChannel, newChannelDraft } from "./channel-draft.ts";

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
    expect(channelOf(draftOfChannel(kept))).toEqual({ asked: { ...about, target }, problems: [] });
  });
}

test("what is wrong is told by its field", () => {
  const { asked, problems } = channelOf({
    ...newChannelDraft("EMAIL"),
    channel_id: "Night!",
    host: "m",
    from: "x",
    to: "",
    port: "0",
  });
  expect(asked).toBeUndefined();
  expect([...new Set(problems.map(({ field }) => field))].sort()).toEqual([
    "channel_id",
    "from",
    "port",
    "title",
    "to",
  ]);
});

test("a secret goes only where one was typed", () => {
  const draft = {
    ...newChannelDraft("SLACK"),
    channel_id: "desk",
    title: "Desk",
    secret: "https://hooks.example.com/T/1",
  };
  expect(channelOf(draft).asked?.secret).toBe(draft.secret);
});
