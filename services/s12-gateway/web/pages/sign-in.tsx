/** The door: name and password, and what went wrong if it stays shut. */
import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ApiProblem, send } from "../api/http.ts";
import { meQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { LOCALES, prefer } from "../state/prefs.ts";

interface Credentials {
  username: string;
  password: string;
}

export function SignInPage() {
  const { t, locale } = useText();
  const client = useQueryClient();
  const signIn = useMutation({
    mutationFn: (body: Credentials) => send("POST", "/auth/login", { body }),
    onSuccess: () => client.resetQueries({ queryKey: meQuery.queryKey }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate({ username: String(form.get("username")), password: String(form.get("password")) });
  };
  return (
    <main className="door">
      <form className="sign-in" onSubmit={submit}>
        <h1>
          <Mark /> Chimera
        </h1>
        <p className="muted">{t("sign_in.hint")}</p>
        <Field.Root name="username" className="field">
          <Field.Label>{t("sign_in.username")}</Field.Label>
          <Field.Control defaultValue="admin" autoComplete="username" autoCapitalize="none" required />
        </Field.Root>
        <Field.Root name="password" className="field">
          <Field.Label>{t("sign_in.password")}</Field.Label>
          <Field.Control type="password" autoComplete="current-password" autoFocus required />
        </Field.Root>
        {signIn.error ? (
          <p className="form-error" role="alert">
            <SignInError error={signIn.error} />
          </p>
        ) : null}
        <Button type="submit" className="button primary" disabled={signIn.isPending}>
          {signIn.isPending ? t("sign_in.busy") : t("sign_in.submit")}
        </Button>
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
      </form>
    </main>
  );
}

function SignInError({ error }: { error: Error }) {
  const { t } = useText();
  if (!(error instanceof ApiProblem)) return String(error);
  if (error.status === 0) return t("error.network");
  return error.status === 401 ? t("sign_in.wrong") : error.message;
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d="M4 15V5m0 10v4M9.3 19V8m0 11v2m0-13V6M14.7 13V4m0 9v4M20 16V7m0 9v4" />
    </svg>
  );
}
