import { expect, test } from "bun:test";
import { mayBeForwardedTo } from "./replicas.ts";

const LISTED = ["http://10.0.0.4:8084", "http://s04.internal"];

test.each([
  "http://127.0.0.1:8084",
  "http://127.8.0.1:8184",
  "http://localhost:8084",
  "http://[::1]:8084",
  "http://10.0.0.4:8084",
  "http://s04.internal",
])("tokens may go to %s", (url) => {
  expect(mayBeForwardedTo(url, LISTED)).toBe(true);
});

test.each([
  "http://10.0.0.4:8085",
  "http://10.0.0.5:8084",
  "http://127.0.0.1.example.com",
  "http://127.example.com",
  "http://127.0.0.1@example.com",
  "http://localhost.example.com:8084",
  "http://0.0.0.0:8084",
  "http://127.0.0.1:8084/elsewhere",
  "ftp://127.0.0.1",
  "127.0.0.1:8084",
  "",
])("and never to %s", (url) => {
  expect(mayBeForwardedTo(url, LISTED)).toBe(false);
});
