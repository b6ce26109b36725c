import { expect, test } from "bun:test";
import { join } from "node:path";
import { atTerminal } from "./terminal.fixture.ts";

const FILE = join(import.meta.dir, "secret-prompt.ts");
const script = `
  import { askSecret } from ${JSON.stringify(FILE)};
  const first = await askSecret("First: ");
  const second = await askSecret("Second: ");
  console.log("heard " + first.length + " and " + second.length);
`;

test("two secrets are asked for one after the other at one terminal, and neither is shown", async () => {
  const { code, seen } = await atTerminal({
    script,
    answers: [
      ["First: ", "one-one-one"],
      ["Second: ", "two-twoX\u007f"],
    ],
  });
  expect([code, seen]).toEqual([0, expect.stringContaining("heard 11 and 7")]);
  expect(seen).not.toContain("one-one");
  expect(seen).not.toContain("two-two");
}, 300_000);
