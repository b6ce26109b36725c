/** Users, for admins: who may sign in with which role, adding one, and locking out or resetting one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { usersQuery } from "../api/account-queries.ts";
import { ROLES, type Role, type UserRow } from "../api/people-shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { addUser, resetPassword, setUserDisabled, setUserRole } from "../state/account.ts";
import { useMe } from "../state/me.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { When } from "./figures.tsx";
import { MadeOrFault } from "./key-section.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { Secret } from "./secret.tsx";
import { Select } from "./select.tsx";
import { Empty, Panel } from "./states.tsx";

export function UserSection() {
  const { t } = useText();
  const me = useMe();
  if (me?.role !== "admin") {
    return (
      <Panel className="settings-panel" title={t("settings.users")}>
        <Empty>{t("users.forbidden", { role: me ? t(`role.${me.role}`) : "–" })}</Empty>
      </Panel>
    );
  }
  return (
    <>
      <Panel className="settings-panel" title={t("users.new")}>
        <p className="muted">{t("users.about")}</p>
        <NewUser />
      </Panel>
      <UsersPanel mine={me.username} />
    </>
  );
}

function NewUser() {
  const { t } = useText();
  const client = useQueryClient();
  const id = useId();
  const [role, setRole] = useState<Role>("viewer");
  const adding = useMutation({
    mutationFn: (username: string) => addUser(username, role),
    onSuccess: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    adding.mutate(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <form className="add-row" onSubmit={submit}>
      <label className="field" htmlFor={id}>
        {t("sign_in.username")}
        <input
          id={id}
          name="name"
          required
          maxLength={63}
          pattern="[a-z0-9][a-z0-9._\-]*"
          title={t("users.name.rule")}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <Select
        label={t("you.role")}
        value={role}
        choices={ROLES.map((each) => [each, t(`role.${each}`)])}
        onChoose={setRole}
      />
      <button type="submit" className="button" disabled={adding.isPending}>
        {adding.isPending ? t("act.busy") : t("users.add")}
      </button>
      <p className="muted whole">{t(`role.${role}.may`)}</p>
      <MadeOrFault error={adding.error} />
      {adding.data ? <OneTime user={adding.data} /> : null}
    </form>
  );
}

const OneTime = ({ user }: { user: { username: string; one_time_password: string } }) => {
  const { t } = useText();
  return <Secret label={t("users.one_time", { user: user.username })} lines={[user.one_time_password]} />;
};

function UsersPanel({ mine }: { mine: string }) {
  const { t } = useText();
  const query = useQuery(usersQuery);
  const [act, setAct] = useState<Act>();
  return (
    <Panel className="settings-panel" title={t("settings.users")}>
      <LoadedHere query={query} rows={4} what={t("settings.users")}>
        {(users) => (
          <ul className="rows things">
            {users.map((user) => (
              <User key={user.username} user={user} isMine={user.username === mine} onAct={setAct} />
            ))}
          </ul>
        )}
      </LoadedHere>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

function User({ user, isMine, onAct }: { user: UserRow; isMine: boolean; onAct: (act: Act) => void }) {
  const { t } = useText();
  const { username, role, disabled } = user;
  return (
    <li className="thing" data-over={disabled || undefined}>
      <div>
        <strong>{username}</strong>
        {isMine ? <span className="tag">{t("users.you")}</span> : null}
        {disabled ? <span className="tag">{t("users.disabled")}</span> : null}
        {user.must_change_password ? <span className="tag">{t("users.one_time.tag")}</span> : null}
        <p className="muted">
          {t("users.since")} <When ts={user.created_at} day /> ·{" "}
          {t(user.second_factor ? "users.factor.on" : "users.factor.off")}
        </p>
      </div>
      <div className="thing-acts">
        <Select
          label={t("you.role")}
          value={role}
          choices={ROLES.map((each) => [each, t(`role.${each}`)])}
          onChoose={(next) => next !== role && onAct(roleAct(t, user, next))}
        />
        <button type="button" className="button" onClick={() => onAct(resetAct(t, user))}>
          {t("users.reset")}
        </button>
        <button type="button" className="button" onClick={() => onAct(disableAct(t, user))}>
          {t(disabled ? "users.enable" : "users.disable")}
        </button>
      </div>
    </li>
  );
}

const roleAct = (t: Translate, { username, role }: UserRow, next: Role): Act => {
  const words = { user: username, from: t(`role.${role}`), to: t(`role.${next}`) };
  return {
    title: t("users.role.title", words),
    plan: () => ({ lines: [t("users.role.plan", words), t(`role.${next}.may`)] }),
    hold: t("users.role.hold", words),
    run: async () => {
      await setUserRole(username, next);
      return { lines: [t("users.role.done", words)] };
    },
  };
};

const disableAct = (t: Translate, { username: user, disabled }: UserRow): Act => {
  const how = disabled ? "enable" : "disable";
  return {
    title: t(`users.${how}.title`, { user }),
    plan: () => ({ lines: [t(`users.${how}.plan`, { user })] }),
    hold: t(`users.${how}.hold`, { user }),
    run: async () => {
      await setUserDisabled(user, !disabled);
      return { lines: [t(`users.${how}.done`, { user })] };
    },
  };
};

function resetAct(t: Translate, { username: user, second_factor }: UserRow): Act {
  // Read when it is held, not when the dialog opens.
  const chosen = { factor: false };
  return {
    title: t("users.reset.title", { user }),
    plan: () => ({
      lines: [t("users.reset.plan", { user })],
      more: second_factor ? <DropFactor onChoose={(drop) => (chosen.factor = drop)} /> : null,
    }),
    hold: t("users.reset.hold", { user }),
    run: async () => {
      const answer = await resetPassword(user, chosen.factor);
      return { lines: [t("users.reset.done", { user })], more: <OneTime user={answer} /> };
    },
  };
}

function DropFactor({ onChoose }: { onChoose: (drop: boolean) => void }) {
  const { t } = useText();
  const id = useId();
  return (
    <label className="check" htmlFor={id}>
      <input id={id} type="checkbox" onChange={(event) => onChoose(event.target.checked)} />
      {t("users.reset.factor")}
    </label>
  );
}
