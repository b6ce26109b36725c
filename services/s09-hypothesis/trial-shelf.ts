/** Trials of one experiment as they are kept: each at once when it ends, with what the result will need of it. */
import { put } from "../../shared/changes.ts";
import { TRADES_A_PAGE, tradesBlob, trialBlob, trialKey, trials } from "../../shared/collections/experiments.ts";
import type { Trial } from "../../shared/domain/experiment.ts";
import type { TrialAnswer, TrialDetail } from "../../shared/experiment/trial-request.ts";
import type { KeptTrial } from "../../shared/experiment-run/run-experiment.ts";
import type { Blobs, Store } from "../../shared/kit/ports.ts";

interface ShelfPorts {
  readonly store: Store;
  readonly blobs: Blobs;
}

export class TrialShelf {
  private readonly exp_id: string;
  private readonly ports: ShelfPorts;

  constructor(exp_id: string, ports: ShelfPorts) {
    this.exp_id = exp_id;
    this.ports = ports;
  }

  /** The detail first: a trial that is on record has all that belongs to it. */
  async put(trial: Trial, answer: TrialAnswer | undefined): Promise<void> {
    const { store, blobs } = this.ports;
    if (answer?.trades) await this.putTrades(answer.trades);
    if (answer?.parts || answer?.decided) {
      const { parts, decided, assumed } = answer;
      await blobs.put(trialBlob(this.exp_id, trial.trial), encoded({ parts, decided, assumed }));
    }
    await store.commit([put(trials, trial)]);
  }

  private async putTrades(trades: NonNullable<TrialAnswer["trades"]>): Promise<void> {
    for (let page = 0; page * TRADES_A_PAGE < trades.length; page++) {
      const some = trades.slice(page * TRADES_A_PAGE, (page + 1) * TRADES_A_PAGE);
      await this.ports.blobs.put(tradesBlob(this.exp_id, page), encoded(some));
    }
  }

  async find(number: number): Promise<KeptTrial | undefined> {
    const trial = (await this.ports.store.get(trials, trialKey(this.exp_id, number)))?.value;
    if (!trial) return undefined;
    const body = await this.ports.blobs.get(trialBlob(this.exp_id, number));
    return body ? { trial, detail: JSON.parse(new TextDecoder().decode(body)) as TrialDetail } : { trial };
  }

  /** How many pages of trades there are. */
  async pages(): Promise<number> {
    let page = 0;
    while ((await this.ports.blobs.get(tradesBlob(this.exp_id, page))) !== undefined) page++;
    return page;
  }
}

const encoded = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
