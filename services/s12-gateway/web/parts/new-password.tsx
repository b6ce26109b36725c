/** Choosing a password: the old one proves who asks, the new one is typed twice. */
import { useId, useState } from "react";
import { useText } from "../i18n/translate.ts";
import { changePassword } from "../state/account.ts";
import { ProofForm } from "./proof-form.tsx";

const CHARACTERS_MIN = 10;

interface NewPasswordProps {
  /** For the browser's password keeper. */
  username: string;
  second: boolean;
  /** It was given by somebody else, and nothing else is on the page. */
  isFirst?: boolean;
  onDone: () => void;
}

export function NewPassword({ username, second, isFirst = false, onDone }: NewPasswordProps) {
  const { t } = useText();
  const id = useId();
  const [password, setPassword] = useState("");
  return (
    <ProofForm
      submit={t("password.submit")}
      busy={t("password.busy")}
      second={second}
      label={t(isFirst ? "password.one_time" : "password.present")}
      focus={isFirst}
      onProve={async (proof) => {
        await changePassword(proof, password);
        onDone();
      }}
      before={
        <input
          className="unseen"
          aria-label={t("sign_in.username")}
          autoComplete="username"
          value={username}
          readOnly
          tabIndex={-1}
        />
      }
      after={
        <>
          <label className="field" htmlFor={`${id}-new`}>
            {t("password.new")}
            <input
              id={`${id}-new`}
              type="password"
              autoComplete="new-password"
              required
              minLength={CHARACTERS_MIN}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <span className="muted">{t("password.hint", { count: CHARACTERS_MIN })}</span>
          </label>
          <label className="field" htmlFor={`${id}-again`}>
            {t("password.again")}
            <input
              id={`${id}-again`}
              type="password"
              autoComplete="new-password"
              required
              onInput={({ currentTarget }) =>
                currentTarget.setCustomValidity(currentTarget.value === password ? "" : t("password.differs"))
              }
            />
          </label>
        </>
      }
    />
  );
}
