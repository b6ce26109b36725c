/** Run by the journal's crash test: trades without end on a journal file, printing each client id once it is answered. */
import { writeSync } from "node:fs";
import { fileJournal, keep } from "./journal.ts";
import { TestVenue } from "./test-client.ts";

// Small parts, so that dying comes in the middle of turning them over too.
const journal = fileJournal(process.argv[2]!, { partBytesMax: 8_000, diskBytesMax: 60_000 });
const v = await TestVenue.open({ journal });
for (let at = journal.length(); ; at++) {
  const id = `ch-${at}`;
  const side = at % 2 === 0 ? "BUY" : "SELL";
  const answer = await v.order(at % 3 === 0 ? "maker" : "paper", `BTCUSDT ${side} 0.001 60000`, {
    newClientOrderId: id,
  });
  // The venue keeps its state once a second of its own clock, which stands still here.
  if (at % 7 === 0) keep(journal, v.venue.exchange.state);
  if (answer.code === undefined) writeSync(1, `${id}\n`);
}
