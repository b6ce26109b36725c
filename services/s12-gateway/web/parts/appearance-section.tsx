/** How the page looks, kept in this browser: each preference with what it changes. */
import { useId } from "react";
import { type Translate, useText } from "../i18n/translate.ts";
import { CHOICE_NAMES, CHOICES, type Prefs, prefer, prefsStore } from "../state/prefs.ts";
import { useStore } from "../state/store.ts";
import { Money } from "./figures.tsx";
import { Panel } from "./states.tsx";

export function AppearanceSection() {
  const { t } = useText();
  const id = useId();
  const prefs = useStore(prefsStore, (value) => value);
  return (
    <Panel className="settings-panel" title={t("settings.appearance")}>
      <p className="muted">{t("appearance.about")}</p>
      {CHOICE_NAMES.map((name) => (
        <fieldset key={name} className="choice-field">
          <legend>{t(`menu.${name}`)}</legend>
          <div className="choice-row">
            {CHOICES[name].map((choice) => (
              <label key={choice} className="check" htmlFor={`${id}-${choice}`}>
                <input
                  id={`${id}-${choice}`}
                  type="radio"
                  name={`${id}-${name}`}
                  checked={prefs[name] === choice}
                  onChange={() => prefer({ [name]: choice } as Partial<Prefs>)}
                />
                {choiceText(t, name, choice)}
              </label>
            ))}
          </div>
        </fieldset>
      ))}
      <p className="sample-money">
        <Money value="128.4" gain unit="USDT" /> <Money value="-52.15" gain unit="USDT" />
      </p>
    </Panel>
  );
}

export const choiceText = (t: Translate, name: keyof Prefs, choice: string): string =>
  t(`${name}.${choice}` as "theme.dark");
