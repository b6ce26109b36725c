/** Fields of a page's filters: days, and the way back to no filter. */
import { useId } from "react";
import { useText } from "../i18n/translate.ts";
import { addressStore, go } from "../state/address.ts";
import { type Asked, type AskedName, askedWith, NOTHING_ASKED } from "../state/asked.ts";
import { useStore } from "../state/store.ts";

export function useAsked() {
  const asked = useStore(addressStore, (address) => address.asked);
  return { asked, ask: (change: Asked) => go({ asked: askedWith(asked, change) }) };
}

export function DayField({ name, label }: { name: "from" | "to"; label: string }) {
  const id = useId();
  const { asked, ask } = useAsked();
  return (
    <label className="pick" htmlFor={id}>
      <span>{label}</span>
      <input id={id} type="date" value={asked[name] ?? ""} onChange={(event) => ask({ [name]: event.target.value })} />
    </label>
  );
}

/** A text that is asked for once it is left or entered. */
export function TextField({ name, label }: { name: AskedName; label: string }) {
  const id = useId();
  const { asked, ask } = useAsked();
  return (
    <label className="pick" htmlFor={id}>
      <span>{label}</span>
      <input
        key={asked[name] ?? ""}
        id={id}
        autoComplete="off"
        spellCheck={false}
        defaultValue={asked[name] ?? ""}
        onBlur={(event) =>
          event.target.value.trim() !== (asked[name] ?? "") && ask({ [name]: event.target.value.trim() })
        }
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </label>
  );
}

export function ClearAsked() {
  const { t } = useText();
  const asked = useStore(addressStore, (address) => address.asked);
  if (Object.keys(asked).length === 0) return null;
  return (
    <button type="button" className="link" onClick={() => go({ asked: NOTHING_ASKED })}>
      {t("filter.clear")}
    </button>
  );
}
