/** What people do about alerts and channels: seen, over, silenced; channels made, changed, tried and taken away. */
import type { AlertMatch, Channel, ChannelTarget, Severity, Silence } from "../../../../shared/domain/alerting.ts";
import { pathWith } from "../api/report-queries.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Act } from "../parts/act-dialog.tsx";
import { change } from "../state/change.ts";

const post = <T>(path: string, body: unknown, key?: string): Promise<T> =>
  change<T>("POST", pathWith(path, {}), key === undefined ? { body } : { body, key });
const channelPath = (id: string, rest = ""): string => `/channels/${encodeURIComponent(id)}${rest}`;

export const seeAlerts = (alert_ids: readonly string[]) => post("/alerts/ack", { alert_ids });
export const resolveAlert = (alert_id: string) => post(`/alerts/${encodeURIComponent(alert_id)}/resolve`, {});

export interface SilenceAsked {
  match: AlertMatch;
  until_ts: number;
  note?: string;
}
export const silence = (asked: SilenceAsked, key: string) => post<Silence>("/silences", asked, key);
export const endSilence = (silence_id: string) =>
  change("DELETE", pathWith(`/silences/${encodeURIComponent(silence_id)}`, {}));

export interface ChannelAsked {
  channel_id: string;
  title: string;
  enabled: boolean;
  target: ChannelTarget;
  /** Absent: as it was. */
  secret?: string;
  severity_min: Severity;
  per_hour_max: number;
}
/** Sealed first, so that what may have to wait for a second person holds no secret. */
async function sealed({ secret, ...asked }: ChannelAsked) {
  if (secret === undefined) return asked;
  const { sealed_secret } = await post<{ sealed_secret: string }>(channelPath(asked.channel_id, "/secret"), { secret });
  return { ...asked, sealed_secret };
}
export const makeChannel = async (asked: ChannelAsked, key: string) =>
  post<Channel>("/channels", await sealed(asked), key);
export async function changeChannel(asked: ChannelAsked, key: string): Promise<Channel> {
  const { channel_id, ...body } = await sealed(asked);
  return change<Channel>("PUT", pathWith(channelPath(channel_id), {}), { body, key });
}

export interface Tried {
  ok: boolean;
  detail: string;
}
export const tryChannel = (channel_id: string, key: string) => post<Tried>(channelPath(channel_id, "/test"), {}, key);

export const removeChannelAct = (t: Translate, { channel_id, title }: Channel): Act => ({
  title: t("channels.remove.title"),
  plan: () => ({ lines: [t("channels.remove.plan", { title: title || channel_id })] }),
  hold: t("channels.remove.hold"),
  run: async (key) => {
    await change("DELETE", pathWith(channelPath(channel_id), {}), { key });
    return { lines: [t("channels.remove.done")] };
  },
});
