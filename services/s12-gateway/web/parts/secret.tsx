/** Something that is shown this once: to be copied or kept as a file before it is gone. */
import { useState } from "react";
import { useText } from "../i18n/translate.ts";
import { saveAs } from "./save-as.ts";

interface SecretProps {
  label: string;
  /** One line each. */
  lines: readonly string[];
  /** Offers it as a file of this name. */
  file?: string;
}

export function Secret({ label, lines, file }: SecretProps) {
  const { t } = useText();
  const [said, setSaid] = useState("");
  const text = lines.join("\n");
  const copy = async () => {
    // Missing where the page came by plain http from elsewhere; the text can be marked by hand.
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid(copied ? t("secret.copied") : t("secret.by_hand"));
  };
  return (
    <figure className="secret" aria-label={label}>
      <figcaption>{label}</figcaption>
      <pre data-many={lines.length > 1 || undefined}>
        {lines.map((line) => (
          <code key={line}>{line}</code>
        ))}
      </pre>
      <p className="act-buttons">
        <button type="button" className="button" onClick={() => void copy()}>
          {t("secret.copy")}
        </button>
        {file ? (
          <button type="button" className="button" onClick={() => saveAs(file, `${text}\n`)}>
            {t("secret.save")}
          </button>
        ) : null}
        <span className="muted" role="status">
          {said}
        </span>
      </p>
      <p className="muted">{t("secret.once")}</p>
    </figure>
  );
}
