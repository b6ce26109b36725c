import { expect, test } from "bun:test";
import { readEndpoint } from "./endpoint.ts";

test("one server, with and without port, login, database and TLS", () => {
  expect(readEndpoint("redis://127.0.0.1")).toEqual({
    kind: "single",
    at: { host: "127.0.0.1", port: 6379 },
    access: {},
  });
  expect(readEndpoint("rediss://bus:p%40ss%3Aword@redis.internal:7000/3")).toEqual({
    kind: "single",
    at: { host: "redis.internal", port: 7000 },
    access: { username: "bus", password: "p@ss:word", db: 3, tls: {} },
  });
  expect(readEndpoint("redis://:secret@[::1]:7000")).toEqual({
    kind: "single",
    at: { host: "::1", port: 7000 },
    access: { password: "secret" },
  });
});

test("sentinels and the name of what they watch", () => {
  expect(readEndpoint("redis-sentinel://a,b:26380/main/2")).toEqual({
    kind: "sentinel",
    sentinels: [
      { host: "a", port: 26_379 },
      { host: "b", port: 26_380 },
    ],
    master: "main",
    access: { db: 2 },
  });
});

test("a cluster by some of its nodes", () => {
  expect(readEndpoint("rediss-cluster://u:p@a:1,b:2,c")).toEqual({
    kind: "cluster",
    seeds: [
      { host: "a", port: 1 },
      { host: "b", port: 2 },
      { host: "c", port: 6379 },
    ],
    access: { username: "u", password: "p", tls: {} },
  });
});

test("anything else is refused, and its password is not repeated", () => {
  const wrong = [
    ...["", "127.0.0.1:6379", "http://a", "redis://", "redis://u:hidden@a:x", "redis://a,b", "redis://a/one"],
    ...["redis-sentinel://a", "redis-cluster://a/1", "redis-nothing://a"],
  ];
  for (const url of wrong) {
    let refusal: unknown;
    try {
      readEndpoint(url);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "INVALID" });
    expect(String(refusal)).not.toContain("hidden");
  }
});
