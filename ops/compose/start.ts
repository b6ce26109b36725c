/** What a container of the image runs: a service, the paper venue, or a command of the command line. */

const about = `Usage: bun ops/compose/start.ts service NAME        one replica of a service
       bun ops/compose/start.ts venue               the paper venue
       bun ops/compose/start.ts relay PORT:HOST:PORT …  passes connections on, to any of the host's addresses
       bun ops/compose/start.ts arango-root         gives the root of a new ArangoDB cluster its password
       bun ops/compose/start.ts COMMAND …           as ./chimera COMMAND: init, backup, token, status …

The image's entry point: docker run IMAGE service s04-router. docs/reference/settings.md tells of its environment.`;

const [what, ...args] = process.argv.slice(2);

// Each loads what it needs alone: a relay is no service, and holds none of their memory.
if (what === undefined || what === "--help") {
  process.stderr.write(`${about}\n`);
  process.exit(what === undefined ? 2 : 0);
} else if (what === "service") {
  const { runAlone } = await import("../run/alone.ts");
  process.exit(await runAlone(args, process.env));
} else if (what === "venue" && args.length === 0) {
  await import("../run/venue-process.ts");
} else if (what === "relay") {
  const { relay } = await import("./relay.ts");
  await relay(args);
} else if (what === "arango-root") {
  const { setArangoRoot } = await import("./arango-root.ts");
  await setArangoRoot(process.env);
  process.exit(0);
} else {
  await import("../cli/main.ts");
}
