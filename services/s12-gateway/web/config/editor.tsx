/** The editor of a bundle: the text, what is wrong with it as one types, and its way to a draft. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { activeQuery } from "../api/queries.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Failed, Skeleton } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { yamlOf } from "./bundle.tsx";
import { EditorDesk } from "./editor-desk.tsx";
import { dropDraft, keptDraft } from "./kept-draft.ts";
import { idOf, type RevRef, readRevName, revName } from "./place.ts";
import { bundleQuery, highestRevQuery } from "./queries.ts";

/** `of`: the revision it begins from; without it the one that was being worked on, else the active one. */
export function EditorPage({ of }: { of: string | undefined }) {
  const [kept, setKept] = useState(keptDraft);
  const active = useQuery(activeQuery).data;
  const wanted = of ?? (kept ? kept.of : active && revName(active));
  const begin = () => {
    dropDraft();
    setKept(undefined);
  };
  if (kept && (of === undefined || of === kept.of)) {
    return <EditorDesk key="kept" first={kept.text} of={kept.of} isKept onBegin={begin} />;
  }
  if (kept && of !== undefined) return <WhichOne kept={kept} of={of} onBegin={begin} />;
  const ref = readRevName(wanted ?? "");
  return ref ? <Fresh key={wanted} of={ref} onBegin={begin} /> : <Skeleton rows={16} />;
}

function Fresh({ of, onBegin }: { of: RevRef; onBegin: () => void }) {
  const query = useQuery({ ...bundleQuery(of), refetchInterval: false });
  const highest = useQuery(highestRevQuery);
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data || highest.isPending) return <Skeleton rows={16} />;
  const rev = Math.max(query.data.rev, highest.data ?? 0) + 1;
  return <EditorDesk first={yamlOf({ ...query.data.bundle, rev })} of={revName(of)} isKept={false} onBegin={onBegin} />;
}

interface WhichOneProps {
  kept: { of: string; ts: number };
  of: string;
  onBegin: () => void;
}

/** What somebody has typed is never thrown away without being asked. */
function WhichOne({ kept, of, onBegin }: WhichOneProps) {
  const { t, locale } = useText();
  return (
    <section className="panel page-panel" aria-label={t("config.editor")}>
      <div className="first-step">
        <p>{t("editor.which", { of: kept.of || t("editor.a_file"), time: dayClockText(kept.ts, locale) })}</p>
        <p className="panel-acts">
          <button type="button" className="button primary" onClick={() => go({ id: idOf({ at: "editor" }) }, "settle")}>
            {t("editor.go_on")}
          </button>
          <button type="button" className="button" onClick={onBegin}>
            {t("editor.begin_from", { of })}
          </button>
        </p>
      </div>
    </section>
  );
}
