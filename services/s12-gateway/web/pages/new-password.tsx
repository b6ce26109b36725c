/** The door's second step for who came in with a one-time password: choose one of one's own. */
import { useQueryClient } from "@tanstack/react-query";
import { meQuery } from "../api/queries.ts";
import type { Me } from "../api/shapes.ts";
import { useText } from "../i18n/translate.ts";
import { NewPassword } from "../parts/new-password.tsx";
import { Mark } from "./sign-in.tsx";

export function NewPasswordPage({ me }: { me: Me }) {
  const { t } = useText();
  const client = useQueryClient();
  return (
    <main className="door">
      <div className="sign-in">
        <h1>
          <Mark /> {t("password.first.title")}
        </h1>
        <p className="muted">{t("password.first.why", { user: me.username })}</p>
        <NewPassword
          username={me.username}
          isFirst
          second={me.second_factor !== false}
          onDone={() => void client.resetQueries({ queryKey: meQuery.queryKey })}
        />
      </div>
    </main>
  );
}
