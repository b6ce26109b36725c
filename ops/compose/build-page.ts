/** Builds the web page into the image: `bun ops/compose/build-page.ts FOLDER`. */
import { buildWeb } from "../web.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined || folder === "--help") {
  process.stderr.write("Usage: bun ops/compose/build-page.ts FOLDER\n");
  process.exit(folder === undefined ? 2 : 0);
}
const { files } = await buildWeb(folder);
process.stdout.write(`${files.length} files of the page in ${folder}\n`);
