/** One's own account: who one is here, the password, and where one is signed in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sessionsQuery } from "../api/account-queries.ts";
import type { Session } from "../api/people-shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { endOtherSessions, endSession } from "../state/account.ts";
import { useMe } from "../state/me.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { Age, Pair, When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { NewPassword } from "./new-password.tsx";
import { Empty, Panel } from "./states.tsx";

export function YouSection() {
  const { t } = useText();
  const me = useMe();
  return (
    <>
      <Panel className="settings-panel" title={t("settings.you")}>
        <dl className="pairs one">
          <Pair label={t("sign_in.username")}>{me?.username ?? "–"}</Pair>
          <Pair label={t("you.role")}>{me ? t(`role.${me.role}`) : "–"}</Pair>
        </dl>
        {me ? <p className="muted">{t(`role.${me.role}.may`)}</p> : null}
      </Panel>
      <SessionsPanel />
      <PasswordPanel />
    </>
  );
}

function PasswordPanel() {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  // Another form each time, so that nothing that was typed stays.
  const [changes, setChanges] = useState(0);
  if (!me) return null;
  return (
    <Panel id="password" className="settings-panel" title={t("password.title")}>
      <p className="muted">{t("password.about")}</p>
      <NewPassword
        key={changes}
        username={me.username}
        second={me.second_factor !== false}
        onDone={() => {
          setChanges(changes + 1);
          void client.invalidateQueries();
        }}
      />
      {changes > 0 ? (
        <p className="outcome" role="status">
          {t("password.done")}
        </p>
      ) : null}
    </Panel>
  );
}

function SessionsPanel() {
  const { t } = useText();
  const query = useQuery(sessionsQuery);
  const [act, setAct] = useState<Act>();
  const others = query.data?.filter((session) => !session.current).length ?? 0;
  return (
    <Panel
      id="sessions"
      className="settings-panel"
      title={t("sessions.title")}
      aside={
        <span className="panel-acts">
          <button
            type="button"
            className="button"
            disabled={others === 0}
            onClick={() => setAct(endOthersAct(t, others))}
          >
            {t("sessions.end_others")}
          </button>
        </span>
      }
    >
      <LoadedHere query={query} rows={3} what={t("sessions.title")}>
        {(sessions) =>
          sessions.length === 0 ? (
            <Empty>{t("sessions.empty")}</Empty>
          ) : (
            <ul className="rows things">
              {sessions.map((session) => (
                <SessionRow key={session.session_id} session={session} onAct={setAct} />
              ))}
            </ul>
          )
        }
      </LoadedHere>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

function SessionRow({ session, onAct }: { session: Session; onAct: (act: Act) => void }) {
  const { t } = useText();
  const { created_at, last_seen_at, from, agent, current } = session;
  return (
    <li className="thing">
      <div>
        <strong title={agent}>{agentName(agent) || t("sessions.unknown")}</strong>
        {current ? <span className="tag">{t("sessions.this")}</span> : null}
        <p className="muted">
          {from ? `${from} · ` : null}
          {t("sessions.since")} <When ts={created_at} day /> · {t("sessions.seen")} <Age ts={last_seen_at} />{" "}
          {t("thing.ago")}
        </p>
      </div>
      {current ? null : (
        <button type="button" className="button" onClick={() => onAct(endAct(t, session))}>
          {t("sessions.end")}
        </button>
      )}
    </li>
  );
}

const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"];
/** "Firefox, Windows" of what browsers send; of others their first word. */
function agentName(agent = ""): string {
  const found = [BROWSERS, SYSTEMS].map((names) => names.find((name) => agent.includes(name)));
  return found.filter(Boolean).join(", ").replace("Edg", "Edge").replace("OPR", "Opera") || (agent.split(" ")[0] ?? "");
}

const endAct = (t: Translate, { session_id, agent, from }: Session): Act => ({
  title: t("sessions.end.title"),
  plan: () => ({
    lines: [t("sessions.end.plan", { what: [agentName(agent), from].filter(Boolean).join(", ") || session_id })],
  }),
  hold: t("sessions.end.hold"),
  run: async () => {
    await endSession(session_id);
    return { lines: [t("sessions.end.done")] };
  },
});
const endOthersAct = (t: Translate, count: number): Act => ({
  title: t("sessions.end_others"),
  plan: () => ({ lines: [t("sessions.end_others.plan", { count })] }),
  hold: t("sessions.end_others.hold"),
  run: async () => {
    await endOtherSessions();
    return { lines: [t("sessions.end.done")] };
  },
});
