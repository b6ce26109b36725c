/** The door: name and password, and what went wrong if it stays shut. */
import { useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { meQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { ProofForm } from "../parts/proof-form.tsx";
import { signIn } from "../state/account.ts";
import { LOCALES, prefer } from "../state/prefs.ts";

export function SignInPage() {
  const { t, locale } = useText();
  const client = useQueryClient();
  const id = useId();
  return (
    <main className="door">
      <div className="sign-in">
        <h1>
          <Mark /> Chimera
        </h1>
        <p className="muted">{t("sign_in.hint")}</p>
        <ProofForm
          submit={t("sign_in.submit")}
          busy={t("sign_in.busy")}
          second
          focus
          onProve={async (proof, form) => {
            await signIn(String(form.get("username")), proof);
            await client.resetQueries({ queryKey: meQuery.queryKey });
          }}
          before={
            <label className="field" htmlFor={id}>
              {t("sign_in.username")}
              <input
                id={id}
                name="username"
                defaultValue="admin"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                required
              />
            </label>
          }
        />
        <div className="sign-in-foot">
          {LOCALES.map((other) => (
            <button
              key={other}
              type="button"
              className="link"
              aria-pressed={other === locale}
              onClick={() => prefer({ locale: other })}
            >
              {t(`locale.${other}`)}
            </button>
          ))}
        </div>
      </div>
    </main>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d="M4 15V5m0 10v4M9.3 19V8m0 11v2m0-13V6M14.7 13V4m0 9v4M20 16V7m0 9v4" />
    </svg>
  );
}
