/** What may stand where the caret is: kind, limits, what counts without it, and keys that can be put in by a click. */
import { useQuery } from "@tanstack/react-query";
import { useText } from "../i18n/translate.ts";
import { Pair } from "../parts/figures.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { schemaQuery } from "./queries.ts";
import { helpAt, type KeyHelp, type SchemaHelp } from "./schema-help.ts";
import { valueText } from "./value-text.ts";
import { type Path, pathText } from "./yaml-places.ts";

interface SchemaPanelProps {
  path: Path;
  /** What the text says, as far as it can be read. */
  document: unknown;
  /** Of the map at the path those that are there; undefined: none can be put in. */
  present: readonly string[] | undefined;
  onInsert: (line: string) => void;
}

export function SchemaPanel({ path, document, present, onInsert }: SchemaPanelProps) {
  const { t } = useText();
  const schema = useQuery(schemaQuery).data;
  const known = schema && nearestKnown(schema, path, document);
  return (
    <Panel
      className="editor-help"
      title={t("editor.help")}
      aside={<code className="help-path">{pathText(path) || t("editor.whole")}</code>}
    >
      {known ? (
        <>
          {known.isParent ? <p className="warn-text padded">{t("editor.unknown_key")}</p> : null}
          <About help={known.help} />
          {known.help.keys.length > 0 ? (
            <Keys keys={known.help.keys} present={known.isParent ? undefined : present} onInsert={onInsert} />
          ) : null}
        </>
      ) : (
        <Empty>{t("editor.no_help")}</Empty>
      )}
    </Panel>
  );
}

/** Of a key that is not known, what its map may hold. */
function nearestKnown(
  schema: Record<string, unknown>,
  path: Path,
  document: unknown,
): { help: SchemaHelp; isParent: boolean } | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const help = helpAt(schema, path.slice(0, length), document);
    if (help) return { help, isParent: length < path.length };
  }
  return undefined;
}

function About({ help: { kinds, description, choices, standard, limits } }: { help: SchemaHelp }) {
  const { t } = useText();
  return (
    <>
      {description ? <p className="padded">{description}</p> : null}
      <dl className="pairs one padded flag-pairs">
        <Pair label={t("editor.kind")}>{kinds.map((kind) => t(`kind_of.${kind}` as "kind_of.object")).join(", ")}</Pair>
        {choices.length > 0 ? (
          <Pair label={t("editor.choices")}>
            <code>{choices.map(valueText).join(" · ")}</code>
          </Pair>
        ) : null}
        {limits.length > 0 ? (
          <Pair label={t("editor.limits")}>
            <code>{limits.join("  ")}</code>
          </Pair>
        ) : null}
        {standard === undefined ? null : (
          <Pair label={t("editor.standard")}>
            <code>{valueText(standard)}</code>
          </Pair>
        )}
      </dl>
    </>
  );
}

/** What must be there, and what is said where nothing is known. */
function Keys({ keys, present, onInsert }: Omit<SchemaPanelProps, "path" | "document"> & { keys: readonly KeyHelp[] }) {
  const { t } = useText();
  const isThere = ({ key }: KeyHelp) => present?.includes(key) ?? false;
  return (
    <ul className="schema-keys">
      {keys.map((help) => (
        <li key={help.key} data-there={isThere(help) || undefined}>
          <code>{help.key}</code>
          {help.required ? <span className="warn-text">{t("editor.required")}</span> : null}
          <span className="muted">{help.standard === undefined ? "" : valueText(help.standard)}</span>
          {present === undefined || isThere(help) ? null : (
            <button
              type="button"
              className="button"
              aria-label={t("editor.insert", { key: help.key })}
              onClick={() => onInsert(`${help.key}: ${help.standard === undefined ? "" : valueText(help.standard)}`)}
            >
              +
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
