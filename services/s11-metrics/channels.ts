/** Channels as they are kept: their secrets sealed, never told again, and only good for the place they were given for. */
import { isIP } from "node:net";
import type { z } from "@hono/zod-openapi";
import { SEVERITY_MIN } from "../../shared/alert-rules.ts";
import { put, remove } from "../../shared/changes.ts";
import { channels as records } from "../../shared/collections/operations.ts";
import type { AlertMatch, Channel, ChannelTarget, Severity } from "../../shared/domain/alerting.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import type { Sealer } from "../../shared/sealing.ts";
import { CHANNELS_MAX } from "./telling.ts";

const HINT_CHARACTERS = 4;
const SIGNING_BYTES_MIN = 24;
const SIGNING_BYTES_MAX = 64;

export type KeptChannel = z.output<typeof records.schema>;
export interface WantedChannel {
  channel_id: string;
  title: string;
  enabled: boolean;
  target: ChannelTarget;
  /** As `seal` answered it; absent: the one that is there stays. */
  sealed_secret?: string | undefined;
  severity_min?: Severity | undefined;
  match?: AlertMatch | undefined;
  per_hour_max: number;
}
export interface ChannelParts {
  store: Store;
  clock: Clock;
  /** Undefined: this process was given no key. */
  sealer: Sealer | undefined;
  /** `host:port` of those that need no TLS. */
  allowed: readonly string[];
  audit(entry: { actor: string; what: string; ref: string; before?: unknown; after?: unknown; outcome: string }): Op;
}
export type Channels = ReturnType<typeof createChannels>;

/** Without what is sealed. */
export const viewOf = ({ sealed: _sealed, ...channel }: KeptChannel): Channel => channel;

const ownerOf = (channel_id: string): string => `channel/${channel_id}`;

export function createChannels({ store, clock, sealer, allowed, audit }: ChannelParts) {
  const needSealer = (): Sealer =>
    sealer ?? refuse("NOT_READY", "This service was started without a key for secrets: set CHIMERA_S11_CHANNEL_KEY.");

  function opened(channel_id: string, sealed: string): string {
    try {
      return new TextDecoder().decode(needSealer().open(sealed, ownerOf(channel_id)));
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      throw new Problem("INVALID", `sealed_secret: was not sealed here for ${channel_id}`, { cause });
    }
  }

  /** The secret that the channel is to have from now on, sealed. */
  function sealedFor(wanted: WantedChannel, before: KeptChannel | undefined): string | undefined {
    const { sealed_secret, target, channel_id } = wanted;
    if (sealed_secret !== undefined) return sealed_secret;
    // Else a secret could be sent to a place that it was not given for.
    const isSame = before?.sealed !== undefined && placeOf(before.target) === placeOf(target);
    if (isSame) return before.sealed;
    if (target.kind === "EMAIL" && target.user === undefined) return undefined;
    const what = before?.sealed === undefined ? "needs its secret" : "leads elsewhere now: give its secret again";
    return refuse("INVALID", `sealed_secret: ${channel_id} ${what} (POST /channels/${channel_id}/secret)`);
  }

  function made(wanted: WantedChannel, before: KeptChannel | undefined, author: string): KeptChannel {
    const { channel_id, title, enabled, target, severity_min, match, per_hour_max } = wanted;
    mustBeFit(target, allowed);
    const sealed = sealedFor(wanted, before);
    const secret = sealed === undefined ? undefined : opened(channel_id, sealed);
    if (secret !== undefined) mustFit(target, secret, allowed);
    const now = clock.now();
    return {
      ...{ channel_id, title, enabled, target, has_secret: sealed !== undefined, per_hour_max },
      ...(secret !== undefined && { secret_hint: hintOf(target, secret) }),
      severity_min: severity_min ?? SEVERITY_MIN[target.kind],
      ...(match && { match }),
      ...{ author, created_at: before?.created_at ?? now, updated_at: now },
      ...(before?.last && { last: before.last }),
      ...(sealed !== undefined && { sealed }),
    };
  }

  const find = async (channel_id: string): Promise<KeptChannel | undefined> =>
    (await store.get(records, channel_id))?.value;
  const needRow = async (channel_id: string): Promise<Row<KeptChannel>> =>
    (await store.get(records, channel_id)) ?? refuse("NOT_FOUND", `There is no channel ${channel_id}.`);

  return {
    find,
    need: async (channel_id: string) => (await needRow(channel_id)).value,
    all: async (): Promise<KeptChannel[]> =>
      (await store.query(records, { limit: CHANNELS_MAX })).items.map(({ value }) => value),
    /** For a channel of this name alone; kept nowhere. */
    seal: (channel_id: string, secret: string): string =>
      needSealer().seal(new TextEncoder().encode(secret), ownerOf(channel_id)),
    secretOf: ({ channel_id, sealed }: KeptChannel): string | undefined =>
      sealed === undefined ? undefined : opened(channel_id, sealed),
    /** As it would be kept: throws what stands against it before anybody is asked to allow it. */
    plan: async (wanted: WantedChannel): Promise<Channel> => viewOf(made(wanted, await find(wanted.channel_id), "")),
    async create(wanted: WantedChannel, author: string): Promise<Channel> {
      if ((await store.count(records)) >= CHANNELS_MAX) refuse("RULE", `There are ${CHANNELS_MAX} channels already.`);
      const { channel_id } = wanted;
      if (await find(channel_id)) refuse("CONFLICT", `There is a channel ${channel_id} already.`);
      const value = made(wanted, undefined, author);
      const entry = { actor: author, what: "channel.made", ref: channel_id, after: viewOf(value), outcome: "ok" };
      await store.commit([put(records, value, null), audit(entry)]);
      return viewOf(value);
    },
    async replace(wanted: WantedChannel, author: string): Promise<Channel> {
      const row = await needRow(wanted.channel_id);
      const value = made(wanted, row.value, author);
      const change = { before: viewOf(row.value), after: viewOf(value) };
      const entry = { actor: author, what: "channel.changed", ref: wanted.channel_id, ...change, outcome: "ok" };
      await store.commit([put(records, value, row.rev), audit(entry)]);
      return viewOf(value);
    },
    async drop(channel_id: string, actor: string): Promise<void> {
      const row = await needRow(channel_id);
      const entry = { actor, what: "channel.removed", ref: channel_id, before: viewOf(row.value), outcome: "ok" };
      await store.commit([remove(records, channel_id, row.rev), audit(entry)]);
    },
    /** How its last message fared. */
    async noteLast(channel_id: string, { ok, detail }: { ok: boolean; detail: string }): Promise<void> {
      const row = await store.get(records, channel_id);
      if (row) await store.commit([put(records, { ...row.value, last: { ts: clock.now(), ok, detail } }, row.rev)]);
    },
  };
}

/** Where a secret is sent to: it is good for this place alone. */
function placeOf(target: ChannelTarget): string {
  if (target.kind === "EMAIL") return `${target.host}:${target.port} ${target.tls} ${target.user}`;
  if (target.kind === "SMS") return `${target.url} ${target.user}`;
  return "url" in target ? `${target.kind} ${target.url}` : target.kind;
}

const LINE = /^[\x21-\x7e]+$/;

/** Throws INVALID; whether the address is a public one is looked at when something is sent there. */
function mustBeFit(target: ChannelTarget, allowed: readonly string[]): void {
  if ("url" in target) mustBeUrl("target.url", target.url, allowed);
  if (target.kind === "EMAIL" && isIP(target.host) === 0 && !/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(target.host)) {
    refuse("INVALID", "target.host: is no name of a server");
  }
}

function mustBeUrl(field: string, text: string, allowed: readonly string[]): void {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) refuse("INVALID", `${field}: is no https address`);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const isAllowed = allowed.includes(`${url.hostname.toLowerCase()}:${port}`);
  if (url.protocol === "http:" && !isAllowed) refuse("INVALID", `${field}: begins with https://`);
  if (url.username !== "" || url.password !== "") refuse("INVALID", `${field}: has a name or password in it`);
  if (url.hash !== "") refuse("INVALID", `${field}: has a # in it`);
}

/** Throws INVALID without saying what the secret is. */
function mustFit(target: ChannelTarget, secret: string, allowed: readonly string[]): void {
  const no = (what: string): never => refuse("INVALID", `sealed_secret: ${what}`);
  if (target.kind === "EMAIL") return;
  if (!LINE.test(secret)) no("has spaces or letters that none of its kind has");
  if (target.kind === "SLACK") mustBeUrl("sealed_secret", secret, allowed);
  if (target.kind === "TELEGRAM" && !/^\d+:[\w-]{20,}$/.test(secret)) no("is no token of a Telegram bot");
  if (target.kind !== "WEBHOOK") return;
  const bytes = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret)?.[1];
  const length = bytes === undefined ? 0 : Buffer.from(bytes, "base64").length;
  if (length < SIGNING_BYTES_MIN || length > SIGNING_BYTES_MAX) {
    no(`is whsec_ and ${SIGNING_BYTES_MIN} to ${SIGNING_BYTES_MAX} bytes in base64`);
  }
}

/** Enough to tell one from another; of Slack's address also where it leads. */
function hintOf(target: ChannelTarget, secret: string): string {
  const end = secret.length > 3 * HINT_CHARACTERS ? `…${secret.slice(-HINT_CHARACTERS)}` : "…";
  return target.kind === "SLACK" ? `${URL.parse(secret)?.host ?? ""} ${end}` : end;
}
