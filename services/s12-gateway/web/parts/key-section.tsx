/** API keys: what one's own programs come in with; made here, shown once, listed with their last use, and ended. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import type { ApiKey } from "../../../../shared/client/gen/types.ts";
import { AwaitsApproval } from "../../../../shared/client/problem.ts";
import { apiKeysQuery } from "../api/account-queries.ts";
import { now } from "../api/now.ts";
import { type Role, SCOPES, type Scope } from "../api/people-shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { createApiKey, revokeApiKey } from "../state/account.ts";
import { rolesWithin, useMe } from "../state/me.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { AwaitsWords } from "./awaits-words.tsx";
import { Age, When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { proofFault } from "./proof-form.tsx";
import { Secret } from "./secret.tsx";
import { Select } from "./select.tsx";
import { Empty, Panel } from "./states.tsx";

const DAYS = ["7", "30", "90", "365"] as const;

export function KeySection() {
  const { t } = useText();
  const query = useQuery(apiKeysQuery);
  const [act, setAct] = useState<Act>();
  return (
    <>
      <Panel id="new-key" className="settings-panel" title={t("keys.new")}>
        <p className="muted">{t("keys.about")}</p>
        <NewKey />
      </Panel>
      <Panel className="settings-panel" title={t("keys.title")}>
        <LoadedHere query={query} rows={3} what={t("keys.title")}>
          {(keys) =>
            keys.length === 0 ? (
              <Empty>{t("keys.empty")}</Empty>
            ) : (
              <ul className="rows things">
                {keys.map((key) => (
                  <KeyRow key={key.key_id} apiKey={key} onAct={setAct} />
                ))}
              </ul>
            )
          }
        </LoadedHere>
        <ActDialog act={act} onClose={() => setAct(undefined)} />
      </Panel>
    </>
  );
}

function NewKey() {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const id = useId();
  const roles = rolesWithin(me);
  const [role, setRole] = useState<Role>("viewer");
  const [days, setDays] = useState<(typeof DAYS)[number]>("90");
  const [readOnly, setReadOnly] = useState(true);
  const making = useMutation({
    mutationFn: createApiKey,
    onSuccess: () => client.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name")).trim();
    const scopes = form.getAll("scopes") as Scope[];
    making.mutate({
      ...{ name, role, read_only: readOnly, expires_in_days: Number(days) },
      ...(scopes.length > 0 && { scopes }),
    });
  };
  return (
    <form className="add-row" onSubmit={submit}>
      <label className="field" htmlFor={`${id}-name`}>
        {t("keys.name")}
        <input id={`${id}-name`} name="name" maxLength={80} required placeholder={t("keys.name.hint")} />
      </label>
      <Select
        label={t("you.role")}
        value={role}
        choices={roles.map((each) => [each, t(`role.${each}`)])}
        onChoose={setRole}
      />
      <Select
        label={t("keys.lasts")}
        value={days}
        choices={DAYS.map((each) => [each, t("keys.days", { count: each })])}
        onChoose={setDays}
      />
      <label className="check" htmlFor={`${id}-read`}>
        <input id={`${id}-read`} type="checkbox" checked={readOnly} onChange={() => setReadOnly(!readOnly)} />
        {t("keys.read_only")}
      </label>
      {readOnly ? null : <Scopes />}
      <button type="submit" className="button" disabled={making.isPending}>
        {making.isPending ? t("act.busy") : t("keys.make")}
      </button>
      <MadeOrFault error={making.error} />
      {making.data ? <Secret label={t("keys.made", { name: making.data.name })} lines={[making.data.api_key]} /> : null}
    </form>
  );
}

function Scopes() {
  const { t } = useText();
  const id = useId();
  return (
    <fieldset className="choice-field whole">
      <legend>{t("keys.scopes")}</legend>
      <div className="choice-row">
        {SCOPES.map((scope) => (
          <label key={scope} className="check" htmlFor={`${id}-${scope}`}>
            <input id={`${id}-${scope}`} type="checkbox" name="scopes" value={scope} />
            {t(`scope.${scope}`)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Why it was not done, or that it waits for somebody else. */
export function MadeOrFault({ error }: { error: Error | null }) {
  const { t } = useText();
  if (error instanceof AwaitsApproval) return <AwaitsWords waits={error} />;
  if (!error) return null;
  return (
    <p className="form-error" role="alert">
      {proofFault(t, error)}
    </p>
  );
}

function KeyRow({ apiKey, onAct }: { apiKey: ApiKey; onAct: (act: Act) => void }) {
  const { t } = useText();
  const me = useMe();
  const { name, username, role, read_only, scopes, expires_at, last_used_at, key_id } = apiKey;
  const isOver = expires_at <= now();
  return (
    <li className="thing" data-over={isOver || undefined}>
      <div>
        <strong>{name}</strong> <code title={key_id}>chk_{key_id.slice(0, 6)}…</code>
        <span className="tag">{t(`role.${role}`)}</span>
        {read_only ? <span className="tag">{t("keys.read_only.tag")}</span> : null}
        {read_only || !scopes ? null : (
          <span className="tag">{scopes.map((each) => t(`scope.${each as Scope}`)).join(", ")}</span>
        )}
        <p className="muted">
          {username === me?.username ? null : `${username} · `}
          {t(isOver ? "keys.ended" : "keys.until")} <When ts={expires_at} day /> ·{" "}
          {last_used_at === undefined ? (
            t("thing.unused")
          ) : (
            <>
              {t("thing.used")} <Age ts={last_used_at} /> {t("thing.ago")}
            </>
          )}
        </p>
      </div>
      <button type="button" className="button" onClick={() => onAct(revokeAct(t, apiKey))}>
        {t("thing.remove")}
      </button>
    </li>
  );
}

const revokeAct = (t: Translate, { key_id, name }: ApiKey): Act => ({
  title: t("keys.remove.title"),
  plan: () => ({ lines: [t("keys.remove.plan", { name })] }),
  hold: t("keys.remove.hold"),
  run: async () => {
    await revokeApiKey(key_id);
    return { lines: [t("keys.remove.done", { name })] };
  },
});
