import { expect, test } from "bun:test";
import { loadServices } from "../../ops/services.ts";
import { isPlanned } from "./planned-calls.ts";

test("what services declare to call is what is planned, and nothing more is", async () => {
  const services = await loadServices();
  for (const { id, calls } of services) {
    const declared = Object.values(calls).map((contract) => contract.id);
    for (const to of declared) expect([id, to, isPlanned(id, to)]).toEqual([id, to, true]);
    // The two that reach all do so without a contract for each.
    if (id === "s11" || id === "s12") continue;
    const planned = services.map((each) => each.id).filter((to) => to !== "s10" && isPlanned(id, to));
    expect([id, planned.filter((to) => !declared.includes(to))]).toEqual([id, []]);
  }
});
