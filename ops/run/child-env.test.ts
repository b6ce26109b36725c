import { expect, test } from "bun:test";
import { envFor } from "./child-env.ts";

const secret = {
  CHIMERA_S01_API_KEY: "s01",
  CHIMERA_S01_API_SECRET: "s01",
  CHIMERA_API_SECRET: "s01",
  CHIMERA_S01_API_PASSWORD: "s01",
  CHIMERA_S11_CHANNEL_KEY: "s11",
  CHIMERA_S12_GRANT_KEY: "s12",
  CHIMERA_ADMIN_PASSWORD: "s12",
  CHIMERA_S12_ADMIN_PASSWORD: "s12",
  CHIMERA_VENUE_ADMIN_TOKEN: "venue",
  CHIMERA_NEW_API_SECRET: "nobody",
  CHIMERA_NEW_API_KEY: "nobody",
  CHIMERA_PASSWORD: "nobody",
  CHIMERA_TOKEN: "nobody",
};
const plain = { PATH: "/bin", CHIMERA_MODE: "live", CHIMERA_S01_CONNECTOR: "ccxt", CHIMERA_MASTER_KEY_FILE: "/key" };

test.each(["s01", "s04", "s11", "s12", "venue"] as const)("%s is handed its own secrets alone", (owner) => {
  const own = Object.fromEntries(Object.entries(secret).filter(([, whose]) => whose === owner));
  expect(envFor(owner, { ...secret, ...plain })).toEqual({ ...own, ...plain });
});
