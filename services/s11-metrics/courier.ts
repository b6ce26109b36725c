/** Carries waiting messages out: each channel by itself, one at a time, until it arrived or is old news. */
import { isAtLeast } from "../../shared/alert-rules.ts";
import { put, remove } from "../../shared/changes.ts";
import { type AlertRecord, alertsKept, deliveries } from "../../shared/collections/operations.ts";
import type { Channel, Delivery } from "../../shared/domain/alerting.ts";
import { Problem } from "../../shared/errors.ts";
import type { Clock, Random, Row, Store } from "../../shared/kit/ports.ts";
import type { Counter, Log } from "../../shared/kit/service.ts";
import type { Channels, KeptChannel } from "./channels.ts";
import { messageOf } from "./message.ts";
import { decideNext, decideRest, decideWait, digestOf, givenUpAt } from "./queue.ts";
import type { Outcome, Sender } from "./senders.ts";
import { deliveryId } from "./telling.ts";

const HOUR_MS = 3_600_000;
const ORPHANS_MAX = 200;
/** Of a channel's due messages so many are looked at. */
const DUE_MAX = 100;
/** Failures in a row after which people are told. */
const FAILURES_TOLD = 3;
/** What is on its way at the end is waited for so long; what did not arrive is sent again by the next life. */
const STOP_MS_MAX = 2_000;
const ALERTS_READ_MAX = 20;

export interface CourierParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  channels: Channels;
  sender: Sender;
  publicUrl: string | undefined;
  where: string;
  sent: Counter;
  alert(severity: "ERROR" | "INFO", code: string, message: string, action?: string): void;
}
interface Way {
  running: Promise<void> | undefined;
  failures: number;
  restUntil: number;
  /** People have been told that it fails. */
  isTold: boolean;
  /** Before a restart it failed: perhaps people were told. */
  wasFailing: boolean;
}

export class Courier {
  readonly #parts: CourierParts;
  /** On their way just now. */
  readonly #busy = new Set<string>();
  readonly #ways = new Map<string, Way>();
  #isStopped = false;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  isBusy(delivery_id: string): boolean {
    return this.#busy.has(delivery_id);
  }

  /** Looks for what is due; never waits for a channel. */
  async look(): Promise<void> {
    for (const channel of await this.#parts.channels.all()) {
      const way = this.#wayOf(channel);
      if (way.running || this.#isStopped) continue;
      way.running = this.#run(channel.channel_id, way).finally(() => {
        way.running = undefined;
      });
    }
  }

  /** At once, beside whatever waits; answers how it went. */
  async test(channel_id: string): Promise<Outcome & { delivery: Delivery }> {
    const { store, clock, channels } = this.#parts;
    const kept = await channels.need(channel_id);
    const delivery: Delivery = {
      ...{
        delivery_id: deliveryId(channel_id, "TEST", String(clock.now())),
        channel_id,
        alert_ids: [],
        cause: "TEST",
        severity: "INFO",
      },
      ...{ state: "SENT", tries: 1, created_at: clock.now() },
    };
    const outcome = await this.#send(kept, delivery);
    const ended: Delivery = {
      ...delivery,
      detail: outcome.detail,
      ...(outcome.ok ? { sent_at: clock.now() } : { state: "GIVEN_UP" }),
    };
    await store.commit([put(deliveries, ended, null)]);
    await untilWritten(() => channels.noteLast(channel_id, outcome));
    if (outcome.ok) this.#judge(kept, this.#wayOf(kept), outcome);
    return { ...outcome, delivery: ended };
  }

  /** What waits for a channel that is not there any more is not sent: one that was removed, or all such. */
  async forget(channel_id?: string): Promise<void> {
    const { store, channels } = this.#parts;
    const known = new Set((await channels.all()).map((channel) => channel.channel_id));
    const where = { state: "WAITING", ...(channel_id !== undefined && { channel_id }) };
    let cursor: string | undefined;
    do {
      const page = await store.query(deliveries, {
        where,
        limit: ORPHANS_MAX,
        ...(cursor !== undefined && { cursor }),
      });
      const gone = page.items.filter(({ value }) => !known.has(value.channel_id) && !this.isBusy(value.delivery_id));
      await this.#giveUp(gone);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#ways.values()].flatMap((way) => way.running ?? []);
    if (running.length > 0) await Promise.race([Promise.all(running), this.#parts.clock.sleep(STOP_MS_MAX)]);
  }

  #wayOf({ channel_id, last }: Channel): Way {
    const kept = this.#ways.get(channel_id);
    if (kept) return kept;
    const way = { running: undefined, failures: 0, restUntil: 0, isTold: false, wasFailing: last?.ok === false };
    this.#ways.set(channel_id, way);
    return way;
  }

  async #run(channel_id: string, way: Way): Promise<void> {
    try {
      while (!this.#isStopped && (await this.#step(channel_id, way)));
    } catch (error) {
      // Somebody else wrote it in between, or the store is away: it is looked at again soon.
      const isRace = error instanceof Problem && error.code === "CONFLICT";
      if (isRace || this.#isStopped) return;
      this.#parts.log.warn("messages could not be looked at", { channel_id, error: String(error) });
    }
  }

  /** One message; false: nothing goes now. */
  async #step(channel_id: string, way: Way): Promise<boolean> {
    const { store, channels } = this.#parts;
    const kept = await channels.find(channel_id);
    const row = kept && (await this.#take(kept, way));
    if (!row) return false;
    this.#busy.add(row.value.delivery_id);
    try {
      // As it is now that nothing is added any more.
      const now = await store.get(deliveries, row.value.delivery_id);
      if (now?.value.state !== "WAITING") return true;
      const outcome = await this.#send(kept, now.value);
      await untilWritten(() => this.#settle(now.value, outcome));
      await untilWritten(() => channels.noteLast(channel_id, outcome));
      this.#judge(kept, way, outcome);
      return true;
    } finally {
      this.#busy.delete(row.value.delivery_id);
    }
  }

  /** What goes next, as it lies in the store; several that go together are one from here on. */
  async #take(channel: Channel, way: Way): Promise<Row<Delivery> | undefined> {
    const { store, clock } = this.#parts;
    const { channel_id, per_hour_max } = channel;
    const now = clock.now();
    const rows = await this.#dueOf(channel_id);
    const old = rows.filter(({ value }) => givenUpAt(value) <= now);
    await this.#giveUp(old);
    if (!channel.enabled) return undefined;
    const due = rows.filter((row) => !old.includes(row));
    const sent = await store.count(deliveries, { channel_id, sent_at: { gte: now - HOUR_MS } });
    const next = decideNext(
      due.map(({ value }) => value),
      { now, sent, per_hour_max, last_sent_at: channel.last?.ts ?? 0, rest_until: way.restUntil },
    );
    if (!next) return undefined;
    if ("one" in next) return due.find(({ value }) => value === next.one);
    const digest = digestOf(next.together, now);
    const those = due.filter(({ value }) => next.together.includes(value));
    await store.commit([
      ...those.map(({ value, rev }) => remove(deliveries, value.delivery_id, rev)),
      put(deliveries, digest, null),
    ]);
    return store.get(deliveries, digest.delivery_id);
  }

  /** Those that wait longest; and FATAL ones, so that none is hidden behind many others. */
  async #dueOf(channel_id: string): Promise<Row<Delivery>[]> {
    const { store, clock } = this.#parts;
    const where = { channel_id, state: "WAITING", next_try_at: { lte: clock.now() } };
    const rest = { sort: { field: "next_try_at", order: "asc" }, limit: DUE_MAX } as const;
    const { items: all } = await store.query(deliveries, { where, ...rest });
    if (all.length < DUE_MAX) return all;
    const { items: fatal } = await store.query(deliveries, { where: { ...where, severity: "FATAL" }, ...rest });
    return [...fatal, ...all.filter(({ value }) => value.severity !== "FATAL")];
  }

  async #giveUp(rows: readonly Row<Delivery>[]): Promise<void> {
    const over = rows.map(({ value, rev }) => put(deliveries, withoutNext({ ...value, state: "GIVEN_UP" }), rev));
    if (over.length > 0) await this.#parts.store.commit(over);
  }

  async #alertsOf({ alert_ids }: Delivery): Promise<AlertRecord[]> {
    const { store } = this.#parts;
    const rows = await Promise.all(alert_ids.slice(0, ALERTS_READ_MAX).map((id) => store.get(alertsKept, id)));
    const alerts = rows.flatMap((row) => (row ? [row.value] : []));
    return alerts.sort((a, b) =>
      a.severity === b.severity ? a.ts - b.ts : isAtLeast(a.severity, b.severity) ? -1 : 1,
    );
  }

  async #send(kept: KeptChannel, delivery: Delivery): Promise<Outcome> {
    const { publicUrl, where, channels, sender, sent } = this.#parts;
    const message = messageOf({ delivery, alerts: await this.#alertsOf(delivery), publicUrl, where });
    let secret: string | undefined;
    try {
      secret = channels.secretOf(kept);
    } catch {
      return { ok: false, detail: "its secret does not open under this installation's key: give it again" };
    }
    const outcome = await sender.send({ channel: kept, secret, delivery, message });
    sent.inc({ kind: kept.target.kind, outcome: outcome.ok ? "sent" : "failed" });
    return outcome;
  }

  /** Writes how it went; what was added to the message meanwhile becomes one of its own. */
  async #settle(sent: Delivery, outcome: Outcome): Promise<void> {
    const { store, clock, random } = this.#parts;
    const now = clock.now();
    const { detail, reached } = outcome;
    const tries = sent.tries + 1;
    const value: Delivery = {
      ...withoutNext(sent),
      ...{ tries, detail },
      ...(reached && { reached }),
      ...(outcome.ok
        ? { state: "SENT", sent_at: now }
        : { next_try_at: now + decideWait(sent.severity, tries, random.next()) }),
    };
    const row = await store.get(deliveries, sent.delivery_id);
    if (!row) return;
    const alert_ids = row.value.alert_ids.filter((id) => !sent.alert_ids.includes(id));
    const rest = { ...row.value, delivery_id: deliveryId(sent.delivery_id, "rest", String(now)), alert_ids };
    await store.commit([
      put(deliveries, value, row.rev),
      ...(alert_ids.length > 0 ? [put(deliveries, rest, null)] : []),
    ]);
  }

  /** People are told when it begins to fail and when it is over: by the other channels, and in the inbox. */
  #judge({ channel_id }: Channel, way: Way, { ok }: Outcome): void {
    const { clock, random, alert } = this.#parts;
    if (ok) {
      const isBack = way.isTold || way.wasFailing;
      if (isBack) alert("INFO", "CHANNEL_BACK", `The channel ${channel_id} takes messages again.`);
      Object.assign(way, { failures: 0, restUntil: 0, isTold: false, wasFailing: false });
      return;
    }
    way.failures++;
    way.restUntil = clock.now() + decideRest(way.failures, random.next());
    if (way.isTold || way.failures < FAILURES_TOLD) return;
    way.isTold = true;
    alert("ERROR", "CHANNEL_FAILING", `Messages over the channel ${channel_id} do not arrive.`, "Tried again");
  }
}

const withoutNext = ({ next_try_at: _next, ...rest }: Delivery): Delivery => rest;

/** Again where somebody else wrote the document in between. */
async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (tries === 5 || !(error instanceof Problem && error.code === "CONFLICT")) throw error;
    }
  }
}
