import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder } from "../run/folder.ts";
import { marketKind } from "./market.ts";
import { choiceOption, numberOption, readBundleFile, readOptions } from "./options.ts";

const options = { speed: { type: "string" }, json: { type: "boolean" } } as const;

test("options and words that nobody knows are named", () => {
  expect(() => readOptions(["--bogus"], options)).toThrow("--bogus");
  expect(() => readOptions(["--speed"], options)).toThrow("--speed");
  expect(() => readOptions(["--json=1"], options)).toThrow("--json");
  expect(() => readOptions(["extra"], options)).toThrow('"extra" is no option');
  expect(readOptions(["a.gz", "b.gz"], options, "some").positionals).toEqual(["a.gz", "b.gz"]);
});

test("numbers, choices, bundles and markets are checked, and the option is named", () => {
  for (const text of ["abc", "", " ", "NaN", "1e309", "-1", "0.05", "101"]) {
    expect(() => numberOption("speed", text, { fallback: 1, min: 0.1, max: 100 })).toThrow("--speed must be a number");
  }
  expect(() => choiceOption("log", "loud", ["debug", "info"])).toThrow("--log is one of debug, info");
  expect(() => readBundleFile("/nope")).toThrow("--bundle /nope cannot be read");
  expect(() => readBundleFile("/")).toThrow("--bundle / cannot be read");
  for (const wanted of ["", "nope", "agents:x", "replay", "Agents", "quiet:", "mirrors"]) {
    expect(() => marketKind(wanted)).toThrow("say agents, quiet or replay:FILE");
  }
  expect(() => marketKind("replay:/nope.gz")).toThrow("There is no file /nope.gz");
  expect(() => marketKind("mirror:http://only-one")).toThrow("names two hosts");
  expect(() => marketKind("mirror:x,y")).toThrow("no http or https address");
  expect(marketKind("mirror")).toBe("mirror");
  expect(marketKind("mirror:http://127.0.0.1:8093,http://127.0.0.1:8094")).toBe("mirror");
  expect(marketKind("agents")).toBe("agents");
});

test("a data folder that cannot be one says why", () => {
  const path = newFolder();
  const origin = { mode: "paper", venue: "paper-agents", account: "main" } as const;
  try {
    writeFileSync(join(path, "file"), "");
    expect(() => openFolder(join(path, "file"), origin)).toThrow("cannot be a data folder");
    const data = join(path, "data");
    expect(openFolder(data, origin).isNew).toBe(true);
    expect(() => openFolder(data, { ...origin, venue: "paper-replay" })).toThrow('belongs to venue "paper-agents"');
    writeFileSync(join(data, "keys", "service.key"), "abc");
    expect(() => openFolder(data, origin)).toThrow("service.key is damaged");
    writeFileSync(join(data, "origin.json"), "{");
    expect(() => openFolder(data, origin)).toThrow("origin.json is damaged");
    rmSync(join(data, "stores"), { recursive: true });
    mkdirSync(join(path, "other"));
    expect(openFolder(join(path, "other"), origin).isNew).toBe(true);
  } finally {
    removeFolder(path);
  }
});
