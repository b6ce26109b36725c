/** S11's silence is told once when it begins and once when it is over. */
import { expect, test } from "bun:test";
import type { HealthLevel } from "../../shared/streams.ts";
import { createHealthWatch } from "./health-watch.ts";

test("each silence is told once, and each end of one", () => {
  const health = { isSilent: false, level: "GREEN" as HealthLevel };
  const told: string[] = [];
  const look = createHealthWatch({
    health,
    silentMs: 90_000,
    alert: (severity, code, message, action) => void told.push(`${severity} ${code}: ${message} (${action})`),
  });
  look();
  for (const _silence of [1, 2]) {
    Object.assign(health, { isSilent: true, level: "ORANGE" });
    look();
    look();
    Object.assign(health, { isSilent: false, level: "YELLOW" });
    look();
    look();
  }
  const [silent, heard] = [
    "ERROR HEALTH_SILENT: Nothing of S11 for over 90 s, which counts as ORANGE (sizes, slices and adds as that level says)",
    "INFO HEALTH_HEARD: S11 speaks again: YELLOW (its word counts again)",
  ];
  expect(told).toEqual([silent, heard, silent, heard]);
});
