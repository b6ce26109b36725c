/** docs/reference/aql.md: every kind of statement that is said to ArangoDB. */
import { everyStatement } from "../shared/adapters/arango/catalogue.ts";
import { strategyEvents } from "../shared/collections/operations.ts";
import type { Collection } from "../shared/kit/ports.ts";

const VALUE = { event_id: "new", ts: 1, text: "entry rejected", strategy_id: "trend", instrument: "FUT:BTCUSDT" };

export function aqlPage(): string {
  const example = strategyEvents as unknown as Collection<never>;
  const parts = everyStatement(example, { ...VALUE, id: "new" }).map(
    ({ about, statement }) => `### ${about}\n\n\`\`\`aql\n${statement.text}\n\`\`\`\n`,
  );
  return ["# Statements to ArangoDB", "", ...about(example.name), "", parts.join("\n")].join("\n");
}

const about = (example: string): string[] => [
  `Every kind of statement that a store says to ArangoDB (\`CHIMERA_STORE=arango\`), as it stands for \`${example}\`.`,
  "Texts are made of fixed parts, and all else is bound: values as `@v0`, attributes as `@a0`, collections and views as",
  "`@@c0`. Tests, fields and words repeat their lines; nothing else varies. A test parses each by the documented grammar",
  "(`shared/adapters/arango/catalogue.ts`).",
];
