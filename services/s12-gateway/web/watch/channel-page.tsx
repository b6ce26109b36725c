/** One channel: its form, a try of it, and the messages that went or did not go. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { ApiProblem, AwaitsApproval, type FieldProblem } from "../../../../shared/client/problem.ts";
import type { Channel, Delivery, Severity } from "../../../../shared/domain/alerting.ts";
import { freshKey } from "../api/now.ts";
import { SEVERITIES } from "../api/watch-queries.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { AwaitsWords } from "../parts/awaits-words.tsx";
import { When } from "../parts/figures.tsx";
import { PlaceLink } from "../parts/links.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { useMe } from "../state/me.ts";
import { changeChannel, makeChannel, removeChannelAct } from "./acts.ts";
import {
  type ChannelDraft,
  channelOf,
  draftOfChannel,
  FIELDS_OF,
  isAbout,
  isShownIn,
  newChannelDraft,
  SEVERITY_OF,
  type TargetField,
} from "./channel-draft.ts";
import { mayChannel, TryButton } from "./channels.tsx";
import { watchIdOf } from "./place.ts";
import { CHANNEL_KINDS, channelsQuery, deliveriesQuery } from "./queries.ts";

export function ChannelPage({ id }: { id?: string }) {
  const { t } = useText();
  const query = useQuery(channelsQuery);
  if (id === undefined) return <ChannelForm />;
  return (
    <LoadedHere query={query} rows={8} what={t("watch.channels")}>
      {(channels) => {
        const channel = channels.find(({ channel_id }) => channel_id === id);
        return channel ? (
          <div className="two-lists">
            <ChannelForm key={channel.updated_at} channel={channel} />
            <DeliveriesPanel id={id} />
          </div>
        ) : (
          <Empty>{t("channels.unknown", { id })}</Empty>
        );
      }}
    </LoadedHere>
  );
}

function ChannelForm({ channel }: { channel?: Channel }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [draft, setDraft] = useState(() => (channel ? draftOfChannel(channel) : newChannelDraft()));
  const [key, setKey] = useState(freshKey);
  const [act, setAct] = useState<Act>();
  const saving = useMutation({
    mutationFn: () => (channel ? changeChannel : makeChannel)(channelOf(draft), key),
    onSuccess: ({ channel_id }) => {
      void client.invalidateQueries({ queryKey: channelsQuery.queryKey });
      go({ page: "health", id: watchIdOf({ at: "channel", id: channel_id }), asked: {} });
    },
  });
  const change = (part: Partial<ChannelDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setKey(freshKey());
    saving.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  const problems = saving.error instanceof ApiProblem ? saving.error.errors : [];
  const isTold = problems.length > 0 && problems.every(({ field }) => isShownIn(draft, field));
  const may = mayChannel(me);
  return (
    <Panel
      className="page-panel channel-form"
      title={channel ? channel.title || channel.channel_id : t("channels.new")}
      aside={
        <PlaceLink to={{ page: "health", id: watchIdOf({ at: "channels" }), asked: {} }}>
          ← {t("watch.channels")}
        </PlaceLink>
      }
    >
      <form onSubmit={submit} noValidate className="stack padded">
        <ChannelFields {...{ channel, draft, problems, may }} onChange={change} />
        {saving.error instanceof AwaitsApproval ? (
          <AwaitsWords waits={saving.error} onFollow={() => undefined} />
        ) : saving.error && !isTold ? (
          <p className="form-error" role="alert">
            {t.say(saving.error.message)}
          </p>
        ) : null}
        <p className="channel-acts">
          <button type="submit" className="button primary" disabled={!may || saving.isPending}>
            {saving.isPending ? t("act.busy") : channel ? t("channels.save") : t("channels.make")}
          </button>
          {channel && may ? <TryButton channel_id={channel.channel_id} /> : null}
          {channel && may ? (
            <button type="button" className="button" onClick={() => setAct(removeChannelAct(t, channel))}>
              {t("channels.remove")}
            </button>
          ) : null}
        </p>
        {may ? null : <p className="muted">{t("act.forbidden", { role: me?.role ?? "–" })}</p>}
      </form>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

interface ChannelFieldsProps {
  channel: Channel | undefined;
  draft: ChannelDraft;
  problems: readonly FieldProblem[];
  may: boolean;
  onChange: (part: Partial<ChannelDraft>) => void;
}

function ChannelFields({ channel, draft, problems, may, onChange }: ChannelFieldsProps) {
  const { t } = useText();
  return (
    <fieldset disabled={!may} className="channel-fields">
      <legend className="unseen">{t("channels.new")}</legend>
      {channel ? null : (
        <Select
          label={t("channels.kind")}
          value={draft.kind}
          choices={CHANNEL_KINDS.map((kind) => [kind, t(`channels.kind.${kind}`)] as const)}
          onChoose={(kind) => onChange({ kind, severity_min: SEVERITY_OF[kind] })}
        />
      )}
      <p className="muted whole">{t(`channels.kind.${draft.kind}.about`)}</p>
      {channel ? null : (
        <Text draft={draft} name="channel_id" label={t("channels.id")} problems={problems} onChange={onChange} />
      )}
      <Text draft={draft} name="title" label={t("channels.title")} problems={problems} onChange={onChange} />
      {FIELDS_OF[draft.kind].map((name: TargetField) =>
        name === "tls" ? (
          <Check key={name} label={t("channels.tls")} isOn={draft.tls} onChange={(tls) => onChange({ tls })} />
        ) : (
          <Text
            key={name}
            draft={draft}
            name={name}
            label={t(`channels.field.${name}`)}
            problems={problems}
            onChange={onChange}
          />
        ),
      )}
      <Text
        draft={draft}
        name="secret"
        label={t(`channels.secret.${draft.kind}`)}
        hint={channel?.has_secret ? t("channels.secret.kept", { hint: channel.secret_hint ?? "…" }) : undefined}
        problems={problems}
        onChange={onChange}
      />
      <Select
        label={t("channels.severity_min")}
        value={draft.severity_min}
        choices={SEVERITIES.map((each: Severity) => [each, t(`severity.${each}`)] as const)}
        onChoose={(severity_min) => onChange({ severity_min })}
      />
      <Text draft={draft} name="per_hour_max" label={t("channels.per_hour")} problems={problems} onChange={onChange} />
      <Check label={t("channels.enabled")} isOn={draft.enabled} onChange={(enabled) => onChange({ enabled })} />
    </fieldset>
  );
}

type TextName = Exclude<keyof ChannelDraft, "enabled" | "tls" | "kind" | "severity_min">;
interface TextProps {
  draft: ChannelDraft;
  name: TextName;
  label: string;
  hint?: string | undefined;
  problems: readonly FieldProblem[];
  onChange: (part: Partial<ChannelDraft>) => void;
}

function Text({ draft, name, label, hint, problems, onChange }: TextProps) {
  const id = useId();
  const wrong = problems.filter(({ field }) => isAbout(field, name));
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={name === "secret" ? "password" : "text"}
        autoComplete={name === "secret" ? "new-password" : "off"}
        spellCheck={false}
        value={draft[name]}
        aria-invalid={wrong.length > 0 || undefined}
        aria-describedby={wrong.length > 0 ? `${id}-wrong` : undefined}
        onChange={(event) => onChange({ [name]: event.target.value })}
      />
      {hint ? <span className="muted">{hint}</span> : null}
      {wrong.length > 0 ? (
        <span id={`${id}-wrong`} className="form-error" role="alert">
          {wrong.map(({ message }) => message).join(" ")}
        </span>
      ) : null}
    </div>
  );
}

function Check({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  const id = useId();
  return (
    <label className="check" htmlFor={id}>
      <input id={id} type="checkbox" checked={isOn} onChange={() => onChange(!isOn)} />
      {label}
    </label>
  );
}

function DeliveriesPanel({ id }: { id: string }) {
  const { t } = useText();
  const query = useInfiniteQuery(deliveriesQuery(id));
  const deliveries = query.data?.pages.flatMap(({ items }) => items);
  return (
    <Panel className="page-panel" title={t("deliveries.title")}>
      {query.isPending ? <Skeleton rows={5} /> : null}
      {query.error && !deliveries ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
      {deliveries?.length === 0 ? <Empty>{t("deliveries.empty")}</Empty> : null}
      <ol className="rows">
        {deliveries?.map((delivery) => (
          <DeliveryRow key={delivery.delivery_id} delivery={delivery} />
        ))}
      </ol>
      <MoreButton query={query} label={t("actions.older")} />
    </Panel>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const { t } = useText();
  const { created_at, cause, severity, state, tries, detail, next_try_at, alert_ids } = delivery;
  return (
    <li className="delivery-row" data-state={state}>
      <When ts={created_at} day />
      <span className="severity" data-severity={severity}>
        {t(`severity.${severity}`)}
      </span>
      <span>
        {t(`deliveries.cause.${cause}`)}
        {alert_ids.length > 1 ? ` ×${alert_ids.length}` : ""}
      </span>
      <span className="delivery-state">
        {t(`deliveries.state.${state}`)}
        {tries > 1 ? ` · ${t("deliveries.tries", { count: tries })}` : ""}
        {state === "WAITING" && next_try_at !== undefined ? (
          <>
            {" · "}
            {t("deliveries.next")} <When ts={next_try_at} />
          </>
        ) : null}
      </span>
      {detail && state !== "SENT" ? <span className="muted delivery-detail">{detail}</span> : null}
    </li>
  );
}
