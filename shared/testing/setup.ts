/** Runs before the tests: a promise nobody awaits that fails stops the run instead of passing unseen. */
process.on("unhandledRejection", (reason) => {
  console.error("Unhandled rejection:", reason);
  process.exit(1);
});
