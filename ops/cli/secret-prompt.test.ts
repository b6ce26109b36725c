import { expect, test } from "bun:test";
import { join } from "node:path";

const FILE = join(import.meta.dir, "secret-prompt.ts");
const script = `
  import { askSecret } from ${JSON.stringify(FILE)};
  const first = await askSecret("First: ");
  const second = await askSecret("Second: ");
  console.log("heard " + first.length + " and " + second.length);
`;

test("two secrets are asked for one after the other at one terminal, and neither is shown", async () => {
  let seen = "";
  const answers: [question: string, answer: string][] = [
    ["First: ", "one-one-one\r"],
    ["Second: ", "two-twoX\u007f\r"],
  ];
  const child = Bun.spawn([process.execPath, "-e", script], {
    terminal: {
      data(terminal, bytes) {
        seen += new TextDecoder().decode(bytes);
        const next = answers[0];
        if (!next || !seen.includes(next[0])) return;
        answers.shift();
        // The question is there a moment before the terminal is silent.
        setTimeout(() => terminal.write(next[1]), 300);
      },
    },
  });
  expect([await child.exited, seen]).toEqual([0, expect.stringContaining("heard 11 and 7")]);
  expect(seen).not.toContain("one-one");
  expect(seen).not.toContain("two-two");
}, 20_000);
