/** What the system did by itself, newest first, each with what made it do so; and what strategies did beside it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { AutomaticAction, StrategyEvent } from "../../../../shared/domain/watching.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, useAsked } from "../parts/asked-fields.tsx";
import { When } from "../parts/figures.tsx";
import { InstrumentLink, PlaceLink } from "../parts/links.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { askedOf } from "../state/asked.ts";
import { ACTION_KINDS, actionsQuery, strategyEventsQuery } from "./queries.ts";

export function ActionsPage() {
  return (
    <div className="two-lists">
      <ActionsPanel />
      <EventsPanel />
    </div>
  );
}

function ActionsPanel() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const query = useInfiniteQuery(actionsQuery(asked));
  const actions = query.data?.pages.flatMap(({ items }) => items);
  return (
    <Panel className="page-panel" title={t("watch.actions")}>
      <p className="muted padded">{t("actions.about")}</p>
      <search className="filters">
        <Select
          label={t("actions.kind")}
          value={askedOf(asked.what, ACTION_KINDS)}
          choices={[
            ["", t("filter.all")] as const,
            ...ACTION_KINDS.map((kind) => [kind, t(`actions.kind.${kind}`)] as const),
          ]}
          onChoose={(what) => ask({ what })}
        />
        <DayField name="from" label={t("filter.from")} />
        <DayField name="to" label={t("filter.to")} />
        <ClearAsked />
      </search>
      {query.isPending ? <Skeleton rows={6} /> : null}
      {query.error && !actions ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
      {actions?.length === 0 ? <Empty>{t("actions.empty")}</Empty> : null}
      <ol className="rows">
        {actions?.map((action) => (
          <ActionRow key={action.action_id} action={action} />
        ))}
      </ol>
      <MoreButton query={query} label={t("actions.older")} />
    </Panel>
  );
}

function ActionRow({ action: { ts, kind, source, what, trigger } }: { action: AutomaticAction }) {
  const { t } = useText();
  return (
    <li className="action-row">
      <When ts={ts} day />
      <span className="action-kind" data-kind={kind}>
        {t(`actions.kind.${kind}`)}
      </span>
      <span className="muted">{source.toUpperCase()}</span>
      <div>
        <p>{t.say(what)}</p>
        <p className="muted">{t("actions.because", { trigger: t.say(trigger) })}</p>
      </div>
    </li>
  );
}

function EventsPanel() {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useInfiniteQuery(strategyEventsQuery(asked));
  const events = query.data?.pages.flatMap(({ items }) => items);
  return (
    <Panel className="page-panel" title={t("events.title")}>
      {query.isPending ? <Skeleton rows={6} /> : null}
      {query.error && !events ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
      {events?.length === 0 ? <Empty>{t("events.empty")}</Empty> : null}
      <ol className="rows">
        {events?.map((event) => (
          <EventRow key={event.event_id} event={event} />
        ))}
      </ol>
      <MoreButton query={query} label={t("actions.older")} />
    </Panel>
  );
}

function EventRow({ event: { ts, kind, strategy_id, instrument, text, ref } }: { event: StrategyEvent }) {
  const { t } = useText();
  const [collection, id] = [ref.slice(0, ref.indexOf("/")), ref.slice(ref.indexOf("/") + 1)];
  return (
    <li className="action-row">
      <When ts={ts} day />
      <span className="action-kind">{codeText(t, "events.kind", kind)}</span>
      <InstrumentLink instrument={instrument} />
      <div>
        <p>
          {collection === "trades" ? (
            <PlaceLink to={{ page: "trades", id }}>{t.say(text)}</PlaceLink>
          ) : collection === "decisions" ? (
            <PlaceLink to={{ page: "decisions", id }}>{t.say(text)}</PlaceLink>
          ) : (
            t.say(text)
          )}
        </p>
        <p className="muted">{strategy_id}</p>
      </div>
    </li>
  );
}
