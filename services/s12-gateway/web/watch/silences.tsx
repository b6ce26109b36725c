/** Silences: what is kept and shown but told to nobody for a while, made from an alert, listed and ended. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import type { AlertMatch, Silence } from "../../../../shared/domain/alerting.ts";
import { freshKey } from "../api/now.ts";
import type { AlertRow } from "../api/shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { useLive } from "../state/live.ts";
import { useMe } from "../state/me.ts";
import { endSilence, silence } from "./acts.ts";
import { silencesQuery } from "./queries.ts";

export const maySilence = (me: ReturnType<typeof useMe>): boolean => me?.role === "risk" || me?.role === "admin";

const HOUR_MS = 3_600_000;
const HOURS = ["1", "4", "24", "72", "168"] as const;

export function SilenceForm({ alert, onDone }: { alert: AlertRow; onDone: () => void }) {
  const { t } = useText();
  const id = useId();
  const client = useQueryClient();
  const { serverNow } = useLive();
  const [hours, setHours] = useState<(typeof HOURS)[number]>("4");
  const [key] = useState(freshKey);
  const code = alert.code ?? "";
  const making = useMutation({
    mutationFn: (note: string) =>
      silence(
        {
          match: { codes: [code], sources: [alert.source] },
          until_ts: serverNow() + Number(hours) * HOUR_MS,
          ...(note && { note }),
        },
        key,
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: silencesQuery.queryKey });
      void client.invalidateQueries({ queryKey: ["alerts-pages"] });
      onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    making.mutate(String(new FormData(event.currentTarget).get("note")).trim());
  };
  return (
    <form className="silence-form" onSubmit={submit}>
      <p>{t("silences.plan", { code, source: alert.source.toUpperCase() })}</p>
      <Select
        label={t("silences.for")}
        value={hours}
        choices={HOURS.map((each) => [each, t("silences.hours", { count: each })] as const)}
        onChoose={setHours}
      />
      <label className="pick" htmlFor={id}>
        <span>{t("silences.note")}</span>
        <input id={id} name="note" maxLength={400} autoComplete="off" />
      </label>
      <button type="submit" className="button" disabled={making.isPending || code === ""}>
        {making.isPending ? t("act.busy") : t("silences.make")}
      </button>
      {making.error ? <p className="form-error">{t.say(making.error.message)}</p> : null}
    </form>
  );
}

export function SilencesPanel() {
  const { t } = useText();
  const query = useQuery(silencesQuery);
  const { serverNow } = useLive();
  return (
    <Panel className="silences" title={t("silences.title")}>
      <LoadedHere query={query} rows={2} what={t("silences.title")}>
        {(silences) => {
          const running = silences.filter(({ until_ts, ended_at }) => until_ts > serverNow() && ended_at === undefined);
          return running.length === 0 ? (
            <Empty>{t("silences.empty")}</Empty>
          ) : (
            <ul className="rows things">
              {running.map((each) => (
                <SilenceRow key={each.silence_id} silence={each} />
              ))}
            </ul>
          );
        }}
      </LoadedHere>
    </Panel>
  );
}

function SilenceRow({ silence: each }: { silence: Silence }) {
  const { t } = useText();
  const client = useQueryClient();
  const me = useMe();
  const ending = useMutation({
    mutationFn: () => endSilence(each.silence_id),
    onSuccess: () => client.invalidateQueries({ queryKey: silencesQuery.queryKey }),
  });
  return (
    <li className="silence-row">
      <span>{matchText(t, each.match)}</span>
      <span className="muted">
        {t("silences.until")} <When ts={each.until_ts} day />
      </span>
      <span className="muted">
        {each.author}
        {each.note ? `: ${each.note}` : ""}
      </span>
      {maySilence(me) ? (
        <button type="button" className="button" disabled={ending.isPending} onClick={() => ending.mutate()}>
          {t("silences.end")}
        </button>
      ) : null}
      {ending.error ? <p className="form-error">{t.say(ending.error.message)}</p> : null}
    </li>
  );
}

export function matchText(t: Translate, { codes = [], sources = [], severities = [] }: AlertMatch): string {
  const parts = [
    codes.join(", "),
    sources.map((source) => source.toUpperCase()).join(", "),
    severities.map((severity) => t(`severity.${severity}`)).join(", "),
  ].filter(Boolean);
  return parts.length === 0 ? t("silences.all") : parts.join(" · ");
}
