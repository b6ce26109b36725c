/** Secrets go wherever they stand, and nothing else does. */
import { expect, test } from "bun:test";
import { isSecretName, redact, redactText } from "./redact.ts";

test.each([
  ...["password", "api_secret", "apiSecret", "access_token", "Authorization", "signature", "apiKey", "bot_token"],
])("%s is a secret's name", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(["client_order_id", "signal_id", "key", "tokens_left", "reason", "hash"])("%s is none", (name) => {
  expect(isSecretName(name)).toBe(false);
});

test("fields lose secrets at any depth, in lists and in errors, and keep the rest", () => {
  const given = {
    instrument: "FUT:BTCUSDT",
    headers: { authorization: "Bearer abc.def", accept: "json" },
    calls: [{ request: { body: { api_secret: "s3cret", qty: "1" } } }],
    error: new Error("GET https://x/order?symbol=BTC&signature=deadbeef&x=1 failed"),
    n: 10n,
  };
  const told = redact(given);
  expect(told).toEqual({
    instrument: "FUT:BTCUSDT",
    headers: { authorization: "[redacted]", accept: "json" },
    calls: [{ request: { body: { api_secret: "[redacted]", qty: "1" } } }],
    error: "Error: GET https://x/order?symbol=BTC&signature=[redacted]&x=1 failed",
    n: "10",
  });
  expect(given.headers.authorization).toBe("Bearer abc.def");
});

test.each([
  ["Bearer eyJhbGci.eyJz.dBjf said no", "Bearer [redacted] said no"],
  [
    "https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/send",
    "https://api.telegram.org/[redacted]/send",
  ],
  ["POST https://hooks.slack.com/services/T0/B0/xyz", "POST https://hooks.slack.com/services/[redacted]"],
  ["smtp://ada:hunter2@mail.example", "smtp://[redacted]@mail.example"],
  ['{"secret":"abc","qty":"1"}', '{"secret":"[redacted]","qty":"1"}'],
  [
    "the service token is missing, expired or not for this service",
    "the service token is missing, expired or not for this service",
  ],
])("%s", (text, clean) => {
  expect(redactText(text)).toBe(clean);
});

test("texts made to be slow to look through are not", () => {
  const texts = [
    "a-".repeat(200_000),
    "token ".repeat(100_000),
    "/".repeat(400_000),
    "1".repeat(400_000),
    " ".repeat(400_000),
  ];
  const started = performance.now();
  for (const text of texts) redactText(`token${text}`);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("what refers to itself ends", () => {
  const loop: Record<string, unknown> = { a: 1 };
  loop.self = loop;
  expect(JSON.stringify(redact(loop))).toContain("[too deep]");
});
