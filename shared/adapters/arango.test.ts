import { describe, test } from "bun:test";
import { arangoWorld, REAL, sharedStandIn } from "../testing/arango/world.ts";
import { storeContract } from "../testing/store.contract.ts";

storeContract("ArangoDB's stand-in, which is a reading of its documentation", () => arangoWorld(sharedStandIn()));

const real = REAL;
if (real !== undefined) storeContract("ArangoDB", () => arangoWorld(real));
else describe("ArangoDB", () => test.skip("skipped: needs CHIMERA_TEST_ARANGO", () => {}));
