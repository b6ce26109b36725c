/** Saying who one is: password, and where there is a second factor its code or a passkey; with what went wrong. */
import { Button } from "@base-ui/react/button";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useRef } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { getPasskey, hasPasskeys, isPasskeyDeclined } from "../api/passkeys.ts";
import type { Proof } from "../api/people-shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { passkeyChallenge } from "../state/account.ts";

interface ProofFormProps {
  submit: string;
  busy: string;
  /** Of the password's field, where it is not simply the password. */
  label?: string;
  /** False: there is no second factor, and none is asked for. */
  second: boolean;
  onProve: (proof: Proof, form: FormData) => Promise<unknown>;
  /** Begins with the password: where nothing else is on the page. */
  focus?: boolean;
  /** Fields before the password, such as the name. */
  before?: ReactNode;
  /** Fields after it, such as a new password. */
  after?: ReactNode;
}

export function ProofForm({ submit, busy, label, second, focus = false, onProve, before, after }: ProofFormProps) {
  const { t } = useText();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const proving = useMutation({
    mutationFn: async (by: "code" | "passkey") => {
      const given = new FormData(form.current!);
      const password = String(given.get("password"));
      const totp = String(given.get("totp") ?? "").replaceAll(/\s/g, "");
      if (by === "passkey") {
        const passkey = await getPasskey(await passkeyChallenge());
        return onProve({ password, passkey }, given);
      }
      return onProve(totp === "" ? { password } : { password, totp }, given);
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    proving.mutate("code");
  };
  return (
    <form ref={form} className="stack proof" onSubmit={send}>
      {before}
      <label className="field" htmlFor={`${id}-password`}>
        {label ?? t("sign_in.password")}
        <input
          id={`${id}-password`}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          // biome-ignore lint/a11y/noAutofocus: where it is set, it is what the person came for
          autoFocus={focus}
        />
      </label>
      {second ? (
        <label className="field" htmlFor={`${id}-code`}>
          {t("proof.code")}
          <input
            id={`${id}-code`}
            name="totp"
            autoComplete="one-time-code webauthn"
            spellCheck={false}
            maxLength={32}
          />
          <span className="muted">{t("proof.code.hint")}</span>
        </label>
      ) : null}
      {after}
      {proving.error ? (
        <p className="form-error" role="alert">
          {proofFault(t, proving.error)}
        </p>
      ) : null}
      <Button type="submit" className="button primary wide" disabled={proving.isPending}>
        {proving.isPending ? busy : submit}
      </Button>
      {second && hasPasskeys() ? (
        <Button
          type="button"
          className="button wide"
          disabled={proving.isPending}
          onClick={() => form.current?.reportValidity() && proving.mutate("passkey")}
        >
          {t("proof.passkey")}
        </Button>
      ) : null}
    </form>
  );
}

/** What went wrong and what to do about it. */
export function proofFault(t: Translate, error: Error): string {
  if (isPasskeyDeclined(error)) return t("proof.passkey.none");
  if (!(error instanceof ApiProblem)) return String(error);
  if (error.status === 0) return `${t("error.network")}. ${t("error.network.hint")}`;
  return error.code === "BAD_CREDENTIALS" ? t("proof.wrong") : t.say(error.message);
}
