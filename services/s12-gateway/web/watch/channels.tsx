/** Channels: where alerts go when nobody looks at the page, how the last message fared, and a way to try each. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Channel } from "../../../../shared/domain/alerting.ts";
import { freshKey } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { Age } from "../parts/figures.tsx";
import { PlaceLink } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { mayAct, useMe } from "../state/me.ts";
import { tryChannel } from "./acts.ts";
import { watchIdOf } from "./place.ts";
import { channelsQuery } from "./queries.ts";

export const mayChannel = (me: ReturnType<typeof useMe>): boolean => me?.role === "admin";

export function ChannelsPage() {
  const { t } = useText();
  const me = useMe();
  return (
    <Panel
      className="page-panel"
      title={t("watch.channels")}
      aside={
        mayChannel(me) ? (
          <PlaceLink to={{ page: "health", id: watchIdOf({ at: "new-channel" }), asked: {} }} className="button">
            {t("channels.new")}
          </PlaceLink>
        ) : null
      }
    >
      <p className="muted padded">{t("channels.about")}</p>
      {mayAct(me) ? <List /> : <Empty>{t("channels.not_yours", { role: me?.role ?? "–" })}</Empty>}
    </Panel>
  );
}

function List() {
  const { t } = useText();
  const query = useQuery(channelsQuery);
  return (
    <LoadedHere query={query} rows={4} what={t("watch.channels")}>
      {(channels) =>
        channels.length === 0 ? (
          <div className="first-step">
            <p>{t("channels.empty")}</p>
            <p className="muted">{t("channels.empty.hint")}</p>
          </div>
        ) : (
          <ul className="rows things">
            {channels.map((channel) => (
              <ChannelRow key={channel.channel_id} channel={channel} />
            ))}
          </ul>
        )
      }
    </LoadedHere>
  );
}

function ChannelRow({ channel }: { channel: Channel }) {
  const { t } = useText();
  const me = useMe();
  const { channel_id, title, enabled, target, severity_min, last } = channel;
  return (
    <li className="channel-row" data-off={enabled ? undefined : true}>
      <span className="channel-kind">{t(`channels.kind.${target.kind}`)}</span>
      <span>
        <PlaceLink to={{ page: "health", id: watchIdOf({ at: "channel", id: channel_id }), asked: {} }}>
          {title || channel_id}
        </PlaceLink>
        <span className="muted"> {targetText(channel)}</span>
      </span>
      <span className="muted">
        {enabled ? t("channels.from", { severity: t(`severity.${severity_min}`) }) : t("channels.off")}
      </span>
      <span className="channel-last" data-ok={last?.ok}>
        {last ? (
          <>
            <Age ts={last.ts} /> · {last.ok ? t("channels.sent") : t.say(last.detail)}
          </>
        ) : (
          <span className="muted">{t("channels.never")}</span>
        )}
      </span>
      {mayChannel(me) ? <TryButton channel_id={channel_id} /> : null}
    </li>
  );
}

export function targetText({ target, secret_hint }: Channel): string {
  switch (target.kind) {
    case "EMAIL":
    case "SMS":
      return target.to.join(", ");
    case "TELEGRAM":
      return target.chat_id;
    case "WEBHOOK":
      return target.url;
    case "SLACK":
      return secret_hint ?? "";
  }
}

/** Sends a message that says it is a test; how it went is told beside it. */
export function TryButton({ channel_id }: { channel_id: string }) {
  const { t } = useText();
  const client = useQueryClient();
  const [key, setKey] = useState(freshKey);
  const trying = useMutation({
    mutationFn: () => tryChannel(channel_id, key),
    onSettled: () => {
      setKey(freshKey());
      void client.invalidateQueries({ queryKey: channelsQuery.queryKey });
      void client.invalidateQueries({ queryKey: ["deliveries"] });
    },
  });
  return (
    <span className="try">
      <button type="button" className="button" disabled={trying.isPending} onClick={() => trying.mutate()}>
        {trying.isPending ? t("channels.trying") : t("channels.try")}
      </button>
      {trying.data ? (
        <span role="status" className={trying.data.ok ? "good-text" : "form-error"}>
          {trying.data.ok ? t("channels.tried") : t.say(trying.data.detail)}
        </span>
      ) : null}
      {trying.error ? (
        <span role="alert" className="form-error">
          {t.say(trying.error.message)}
        </span>
      ) : null}
    </span>
  );
}
