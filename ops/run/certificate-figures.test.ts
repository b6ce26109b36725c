import { expect, test } from "bun:test";
import { Registry } from "prom-client";
import { tellCertificate } from "./certificate-figures.ts";

test("the end of the certificate is told while there is one that can be read", async () => {
  const registry = new Registry();
  let endsAt: number | undefined = 1_800_000_000_000;
  let isBroken = false;
  tellCertificate(registry, async () => {
    if (isBroken) throw new Error("no certificate");
    return endsAt;
  });
  const told = async () => (await registry.metrics()).split("\n").filter((line) => line.startsWith("chimera_"));
  expect(await told()).toEqual(['chimera_certificate_ends_timestamp_seconds{of="gateway"} 1800000000']);
  isBroken = true;
  expect(await told()).toEqual([]);
  isBroken = false;
  endsAt = undefined;
  expect(await told()).toEqual([]);
});
