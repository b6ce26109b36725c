import { expect, test } from "bun:test";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { createProofGate } from "./proof-gate.ts";

const refused = () => new ApiProblem(403, { code: "CONFIRM", detail: "Confirm first." });

/** Refuses until the person has proven who they are. */
function act(fresh: { is: boolean }) {
  let tries = 0;
  return {
    tries: () => tries,
    attempt: async () => {
      tries++;
      if (!fresh.is) throw refused();
      return "done";
    },
  };
}

test("what asks for proof waits for one dialogue, however many ask, and is tried once more", async () => {
  const gate = createProofGate();
  const fresh = { is: false };
  const [one, two] = [act(fresh), act(fresh)];
  const both = Promise.all([gate.run(one.attempt), gate.run(two.attempt)]);
  await Bun.sleep(0);
  expect(gate.asked.get()).toBe(true);
  fresh.is = true;
  gate.settle(true);
  expect(await both).toEqual(["done", "done"]);
  expect([one.tries(), two.tries(), gate.asked.get()]).toEqual([2, 2, false]);
});
test("given up, it fails as it did; still refused after a proof, it does not ask for ever", async () => {
  const gate = createProofGate();
  const given = act({ is: false });
  const dropped = gate.run(given.attempt).catch((error: Error) => error.message);
  await Bun.sleep(0);
  gate.settle(false);
  expect(await dropped).toBe("Confirm first.");
  expect(given.tries()).toBe(1);
  const again = gate.run(given.attempt).catch((error: Error) => error.message);
  await Bun.sleep(0);
  gate.settle(true);
  expect(await again).toBe("Confirm first.");
  expect([given.tries(), gate.asked.get()]).toEqual([3, false]);
});
test("other failures open no dialogue", async () => {
  const gate = createProofGate();
  const failed = gate.run(async () => {
    throw new ApiProblem(403, { code: "FORBIDDEN", detail: "No." });
  });
  expect(failed).rejects.toThrow("No.");
  await failed.catch(() => {});
  expect(gate.asked.get()).toBe(false);
});
