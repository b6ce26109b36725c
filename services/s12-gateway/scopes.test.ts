import { expect, test } from "bun:test";
import document from "../../docs/reference/openapi.json" with { type: "json" };
import { API_PREFIX } from "./proxy.ts";
import { SCOPES, scopeOf } from "./scopes.ts";

/** What is for people who are signed in, and for no program. */
const OF_PEOPLE = /^\/(?:auth|users|api-keys|approvals)(?:\/|$)/;

test("every operation is in a group, or for people alone", () => {
  const changes = Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path: path.slice(API_PREFIX.length) })),
  );
  const ungrouped = changes.filter(({ method, path }) => !OF_PEOPLE.test(path) && scopeOf(method, path) === undefined);
  expect(ungrouped).toEqual([]);
  const people = changes.filter(({ method, path }) => OF_PEOPLE.test(path) && method !== "GET");
  expect(people.map(({ method, path }) => scopeOf(method, path)).filter((scope) => scope !== undefined)).toEqual([]);
  const used = new Set(changes.map(({ method, path }) => scopeOf(method, path)));
  for (const scope of SCOPES.filter((each) => each !== "research")) expect(used.has(scope)).toBe(true);
});

test("a path that is written another way is in none", () => {
  for (const path of ["//orders", "/ORDERS", "/%6frders", "/", "", "/orders;x=1"]) {
    expect([path, scopeOf("POST", path)]).toEqual([path, undefined]);
  }
});
