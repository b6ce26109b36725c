/** One revision: what it is and what can be done with it, then its documents in words, or as the file has them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { stringify } from "yaml";
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import { activeQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { useAsked } from "../parts/asked-fields.tsx";
import { Pair, When } from "../parts/figures.tsx";
import { saveJson } from "../parts/json-button.tsx";
import { saveAs } from "../parts/save-as.ts";
import { Loaded } from "../parts/states.tsx";
import { askedOf } from "../state/asked.ts";
import { mayPromote, mayResearch, useMe } from "../state/me.ts";
import { stageAct } from "./acts.ts";
import { armsOf } from "./arms.ts";
import { FactorsDocument, FlagsDocument, InstrumentsDocument, ModelsDocument, RulesDocument } from "./documents.tsx";
import { ArmMark, ConfigLink, HashText, RevText } from "./links.tsx";
import { ACTIVE, type RevRef, readRevName, revName } from "./place.ts";
import { type BundleWhole, bundleQuery } from "./queries.ts";
import { StrategiesDocument } from "./strategies.tsx";

export const DOCUMENTS = ["strategies", "rules", "factors", "instruments", "models", "flags"] as const;
const SHOWN = [...DOCUMENTS, "yaml", "json"] as const;
type Shown = (typeof SHOWN)[number];

export function BundlePage({ of }: { of: string }) {
  const { t } = useText();
  const ref = readRevName(of) as RevRef;
  const query = useQuery(bundleQuery(ref));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("config.bundles")}>
        <ConfigLink to={{ at: "bundles" }}>← {t("config.bundles")}</ConfigLink>
        <code>{of}</code>
        <span className="spacer" />
        {query.data ? <Acts row={query.data} /> : null}
      </nav>
      <Loaded query={query} rows={14}>
        {(row) => (
          <div className="experiment-panels">
            <Head row={row} />
            <Documents bundle={row.bundle} name={of} />
          </div>
        )}
      </Loaded>
    </div>
  );
}

function Acts({ row }: { row: BundleWhole }) {
  const { t } = useText();
  const me = useMe();
  const active = useQuery(activeQuery).data;
  const [act, setAct] = useState<Act>();
  const of = revName(row);
  const isInForce = armsOf(row.rev, active).length > 0;
  return (
    <span className="panel-acts">
      {isInForce ? null : (
        <ConfigLink to={{ at: "diff", from: ACTIVE, to: of }} className="button">
          {t("config.compare_active")}
        </ConfigLink>
      )}
      {mayResearch(me) ? (
        <>
          <ConfigLink to={{ at: "editor", of }} className="button">
            {t("config.edit_from")}
          </ConfigLink>
          <ConfigLink to={{ at: "new-simulation", of }} className="button">
            {t("config.simulate")}
          </ConfigLink>
          {row.status === "DRAFT" ? (
            <button type="button" className="button" onClick={() => setAct(stageAct(t, row))}>
              {t("config.stage")}
            </button>
          ) : null}
        </>
      ) : null}
      {mayPromote(me) && !isInForce ? (
        <ConfigLink to={{ at: "new-promotion", of }} className="button primary">
          {t("config.promote")}
        </ConfigLink>
      ) : null}
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </span>
  );
}

function Head({ row }: { row: BundleWhole }) {
  const { t } = useText();
  const active = useQuery(activeQuery).data;
  const note = row.note ?? row.bundle.note;
  const counts = {
    strategies: row.bundle.strategies.length,
    rules: row.bundle.rules.length,
    factors: row.bundle.factors.length,
    instruments: row.bundle.instruments.length,
  };
  return (
    <section className="panel experiment-head" aria-label={revName(row)}>
      <h1>
        <RevText of={row} />
        <span className="status" data-bundle={row.status}>
          {t(`bundle_status.${row.status}`)}
        </span>
        {armsOf(row.rev, active).map((arm) => (
          <ArmMark key={arm} arm={arm} />
        ))}
        <span className="spacer" />
        <When ts={row.created_at} day />
      </h1>
      {note ? <p className="statement">{note}</p> : null}
      <dl className="facts">
        <Pair label={t("config.author")}>{row.author}</Pair>
        <Pair label={t("config.hash")}>
          <HashText hash={row.hash} />
        </Pair>
        <Pair label={t("config.holds")}>{t("config.counts", counts)}</Pair>
      </dl>
    </section>
  );
}

function Documents({ bundle, name }: { bundle: Bundle; name: string }) {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const shown: Shown = askedOf(asked.what, SHOWN) || "strategies";
  const file = name.replace("@", "-");
  return (
    <section className="panel" aria-label={t("config.documents")}>
      <header className="panel-head document-tabs">
        <nav className="tabs" aria-label={t("config.documents")}>
          {SHOWN.map((each) => (
            <button
              key={each}
              type="button"
              className="tab"
              data-active={each === shown || undefined}
              aria-pressed={each === shown}
              onClick={() => ask({ what: each === "strategies" ? "" : each })}
            >
              {t(`document.${each}`)}
              <Count bundle={bundle} of={each} />
            </button>
          ))}
        </nav>
        <span className="panel-acts">
          <button
            type="button"
            className="button"
            onClick={() => saveAs(`chimera-${file}.yaml`, yamlOf(bundle), "application/yaml")}
          >
            {t("config.export_yaml")}
          </button>
          <button type="button" className="button" onClick={() => saveJson(file, bundle)}>
            {t("export.json")}
          </button>
        </span>
      </header>
      <div className="panel-body document" data-document={shown}>
        <Document bundle={bundle} shown={shown} />
      </div>
    </section>
  );
}

function Count({ bundle, of }: { bundle: Bundle; of: Shown }) {
  const counted = of === "strategies" || of === "rules" || of === "factors" || of === "instruments";
  return counted ? <span className="muted">{bundle[of].length}</span> : null;
}

function Document({ bundle, shown }: { bundle: Bundle; shown: Shown }) {
  switch (shown) {
    case "strategies":
      return <StrategiesDocument bundle={bundle} />;
    case "rules":
      return <RulesDocument bundle={bundle} />;
    case "factors":
      return <FactorsDocument bundle={bundle} />;
    case "instruments":
      return <InstrumentsDocument bundle={bundle} />;
    case "models":
      return <ModelsDocument bundle={bundle} />;
    case "flags":
      return <FlagsDocument bundle={bundle} />;
    case "yaml":
      return <Raw text={yamlOf(bundle)} />;
    case "json":
      return <Raw text={`${JSON.stringify(bundle, null, 2)}\n`} />;
  }
}

/** Lines as long as the rules allow: a condition reads better in one than in six. */
const YAML_WIDTH = 120;
export const yamlOf = (bundle: unknown): string => stringify(bundle, { lineWidth: YAML_WIDTH });

function Raw({ text }: { text: string }) {
  const { t } = useText();
  return (
    <ol className="raw-lines" aria-label={t("story.raw")}>
      {text
        .trimEnd()
        .split("\n")
        .map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
          <li key={i}>{line}</li>
        ))}
    </ol>
  );
}
