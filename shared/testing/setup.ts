/**
 * Runs before every test file: a promise nobody awaits that fails stops the run instead of passing unseen, and no test
 * fails because the machine had other things to do.
 */
import { setDefaultTimeout } from "bun:test";

/** Far beyond what any test takes that names no time of its own; one that hangs still ends. */
const TEST_MS_MAX = 60_000;

setDefaultTimeout(TEST_MS_MAX);
process.on("unhandledRejection", (reason) => {
  console.error("Unhandled rejection:", reason);
  process.exit(1);
});
