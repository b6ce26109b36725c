/** The list of bundle revisions: which is in force for all, which for a share, and what became of the others. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { activeQuery } from "../api/queries.ts";
import type { ActiveConfig } from "../api/shapes.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { ClearAsked, TextField, useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Age } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { go } from "../state/address.ts";
import { askedOf } from "../state/asked.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { armsOf } from "./arms.ts";
import { ArmMark, ConfigLink, HashText, RevLink } from "./links.tsx";
import { idOf, revName } from "./place.ts";
import { BUNDLE_STATUSES, type BundleRow, bundlesQuery } from "./queries.ts";

const COMPARED = 2;

export function BundlesPage() {
  const { t } = useText();
  const me = useMe();
  const { asked } = useAsked();
  const narrow = useNarrow();
  const query = useInfiniteQuery(bundlesQuery(asked));
  const active = useQuery(activeQuery).data;
  const rows = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const [picked, setPicked] = useState<readonly string[]>([]);
  const pick = (name: string) =>
    setPicked((now) => (now.includes(name) ? now.filter((each) => each !== name) : [...now, name].slice(-COMPARED)));
  return (
    <Panel
      className="page-panel"
      title={t("config.bundles")}
      aside={
        <span className="panel-acts">
          <ComparePicked picked={picked} />
          {mayResearch(me) ? (
            <ConfigLink to={{ at: "editor" }} className="button primary">
              {t("config.edit_new")}
            </ConfigLink>
          ) : null}
        </span>
      }
    >
      <Filters />
      <LoadedHere query={query} rows={6} what={t("config.bundles")}>
        {() =>
          rows.length === 0 ? (
            <Empty>{t("config.none_fit")}</Empty>
          ) : narrow ? (
            <Cards rows={rows} active={active} />
          ) : (
            <Table rows={rows} active={active} picked={picked} onPick={pick} />
          )
        }
      </LoadedHere>
      <MoreButton query={query} label={t("config.older")} />
    </Panel>
  );
}

function Filters() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  return (
    <search className="filters">
      <Select
        label={t("column.status")}
        value={askedOf(asked.state, BUNDLE_STATUSES)}
        choices={[["", t("filter.all")], ...BUNDLE_STATUSES.map((each) => [each, t(`bundle_status.${each}`)] as const)]}
        onChoose={(state) => ask({ state })}
      />
      <TextField name="q" label={t("config.bundle_id")} />
      <ClearAsked />
    </search>
  );
}

function ComparePicked({ picked }: { picked: readonly string[] }) {
  const { t } = useText();
  const [one = "", other = ""] = picked;
  if (one === "") return null;
  return (
    <>
      <span className="muted">{t("config.picked", { count: picked.length, max: COMPARED })}</span>
      <button
        type="button"
        className="button"
        disabled={other === ""}
        onClick={() => go({ id: idOf({ at: "diff", from: one, to: other }), asked: {} })}
      >
        {t("config.compare_these")}
      </button>
    </>
  );
}

interface RowsProps {
  rows: readonly BundleRow[];
  active: ActiveConfig | undefined;
}

function Table({
  rows,
  active,
  picked,
  onPick,
}: RowsProps & { picked: readonly string[]; onPick: (name: string) => void }) {
  const { t } = useText();
  const columns = useMemo(
    () => [
      column<BundleRow>("pick", t("research.pick_column"), {
        value: (row) => picked.includes(revName(row)),
        cell: (row) => (
          <input
            type="checkbox"
            aria-label={t("research.pick", { title: revName(row) })}
            checked={picked.includes(revName(row))}
            onChange={() => onPick(revName(row))}
            onClick={(event) => event.stopPropagation()}
          />
        ),
      }),
      ...columnsOf(t, active),
    ],
    [t, active, picked, onPick],
  );
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("config.bundles")}
        columns={columns}
        rows={rows}
        rowId={revName}
        onOpen={(row) => go({ id: idOf({ at: "bundle", of: revName(row) }), asked: {} })}
      />
    </div>
  );
}

function columnsOf(t: Translate, active: ActiveConfig | undefined): Column<BundleRow>[] {
  return [
    column("rev", t("config.revision"), {
      value: (row) => row.rev,
      cell: (row) => <RevLink of={row} />,
    }),
    column("status", t("column.status"), {
      value: (row) => row.status,
      cell: (row) => <BundleState row={row} active={active} />,
    }),
    column("author", t("config.author"), { value: (row) => row.author, cell: (row) => row.author }),
    column("hash", t("config.hash"), { value: (row) => row.hash, cell: (row) => <HashText hash={row.hash} /> }),
    column("note", t("config.note"), {
      value: (row) => row.note ?? "",
      cell: (row) => (
        <span className="row-note" title={row.note}>
          {row.note}
        </span>
      ),
    }),
    column("age", t("config.age"), {
      value: (row) => row.created_at,
      cell: (row) => <Age ts={row.created_at} everyMs={10_000} />,
      right: true,
    }),
  ];
}

export function BundleState({ row, active }: { row: BundleRow; active: ActiveConfig | undefined }) {
  const { t } = useText();
  const arms = armsOf(row.rev, active);
  return (
    <span className="bundle-state">
      {arms.includes("stable") ? null : (
        <span className="status" data-bundle={row.status}>
          {t(`bundle_status.${row.status}`)}
        </span>
      )}
      {arms.map((arm) => (
        <ArmMark key={arm} arm={arm} />
      ))}
    </span>
  );
}

function Cards({ rows, active }: RowsProps) {
  return (
    <ul className="rows research-cards">
      {rows.map((row) => (
        <li key={revName(row)}>
          <p className="card-head">
            <RevLink of={row} />
            <BundleState row={row} active={active} />
            <span className="spacer" />
            <Age ts={row.created_at} everyMs={10_000} />
          </p>
          <p className="muted">
            {row.author} · <HashText hash={row.hash} />
          </p>
          {row.note ? <p className="clamped">{row.note}</p> : null}
        </li>
      ))}
    </ul>
  );
}
