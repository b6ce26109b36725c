/** Runs one service as a process of its own: `bun services/run.ts s04-router`. */
import { runAlone } from "../ops/run/alone.ts";

process.exit(await runAlone(process.argv.slice(2), process.env));
