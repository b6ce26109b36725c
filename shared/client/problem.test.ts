import { expect, test } from "bun:test";
import { AwaitsApproval, decided } from "./problem.ts";

test("what waits for a second person is told apart from what is done", () => {
  const waits = { approval_id: "a1", status: "PENDING_APPROVAL", detail: "risk or admin decides" };
  let thrown: unknown;
  try {
    decided(202, waits);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AwaitsApproval);
  expect(thrown as AwaitsApproval).toMatchObject({ approvalId: "a1", message: "risk or admin decides" });
});
test("other answers are given back, also those that are only on their way", () => {
  // A transfer tells for itself that it waits; a kill switch that is on may have more to do.
  for (const [status, body] of [
    [202, { transfer_id: "t1", status: "PENDING_APPROVAL" }],
    [202, { enabled: true, outstanding: ["s04"] }],
    [200, { approval_id: "a1", status: "PENDING_APPROVAL" }],
    [204, undefined],
  ] as const) {
    expect(decided(status, body)).toBe(body as never);
  }
});
