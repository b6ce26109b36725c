import { describe, test } from "bun:test";
import type { ArangoStandIn } from "../testing/arango/stand-in.ts";
import { type ArangoWorld, arangoWorld, REAL, sharedStandIn } from "../testing/arango/world.ts";
import { storeContract } from "../testing/store.contract.ts";
import { type PortableWorld, portableContract } from "../testing/store-portable.contract.ts";

/** Each store over a database of its own. */
async function portableWorld(from: ArangoStandIn | string): Promise<PortableWorld> {
  const worlds: ArangoWorld[] = [];
  return {
    // The stand-in is in this process.
    isMemory: typeof from !== "string",
    async empty() {
      const world = await arangoWorld(from);
      worlds.push(world);
      return world.open("s04");
    },
    async end() {
      for (const world of worlds) await world.end();
    },
  };
}

storeContract("ArangoDB's stand-in, which is a reading of its documentation", () => arangoWorld(sharedStandIn()));

portableContract("ArangoDB's stand-in is carried away whole", () => portableWorld(sharedStandIn()));

const real = REAL;
if (real !== undefined) {
  storeContract("ArangoDB", () => arangoWorld(real));
  portableContract("ArangoDB is carried away whole", () => portableWorld(real));
} else describe("ArangoDB", () => test.skip("skipped: needs CHIMERA_TEST_ARANGO", () => {}));
