/** The list of promotions: what is under way, and how the others ended. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Translate, useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Age } from "../parts/figures.tsx";
import { useNarrow } from "../parts/use-narrow.ts";
import { go } from "../state/address.ts";
import { mayPromote, useMe } from "../state/me.ts";
import { ConfigLink, RevText } from "./links.tsx";
import { Listed } from "./listed.tsx";
import { idOf } from "./place.ts";
import { modeText, promotionWords } from "./promotion-words.ts";
import { type PromotionRow, promotionsQuery } from "./queries.ts";

export function PromotionsPage() {
  const may = mayPromote(useMe());
  const { asked } = useAsked();
  const narrow = useNarrow();
  const query = useInfiniteQuery(promotionsQuery(asked));
  return (
    <Listed one="promotion" query={query} may={may}>
      {(rows) => (narrow ? <Cards rows={rows} /> : <Table rows={rows} />)}
    </Listed>
  );
}

export function PromotionState({ status }: Pick<PromotionRow, "status">) {
  const { t } = useText();
  return (
    <span className="status" data-promotion={status}>
      {t(`promotion_status.${status}`)}
    </span>
  );
}

function Table({ rows }: { rows: readonly PromotionRow[] }) {
  const { t, locale } = useText();
  const columns = useMemo(() => columnsOf(t, locale), [t, locale]);
  return (
    <div className="scroll-x">
      <DataTable
        caption={t("config.promotions")}
        columns={columns}
        rows={rows}
        rowId={({ promotion_id }) => promotion_id}
        onOpen={({ promotion_id }) => go({ id: idOf({ at: "promotion", id: promotion_id }), asked: {} })}
      />
    </div>
  );
}

function columnsOf(t: Translate, locale: string): Column<PromotionRow>[] {
  return [
    column("rev", t("config.revision"), {
      value: ({ rev }) => rev,
      cell: (row) => (
        <ConfigLink to={{ at: "promotion", id: row.promotion_id }}>
          <RevText of={row} />
        </ConfigLink>
      ),
    }),
    column("mode", t("promotion.mode"), { value: ({ mode }) => mode, cell: (row) => modeText(t, row) }),
    column("status", t("column.status"), {
      value: ({ status }) => status,
      cell: (row) => <PromotionState status={row.status} />,
    }),
    column("words", t("promotion.told"), {
      value: ({ reason }) => reason ?? "",
      cell: (row) => {
        const words = promotionWords(t, locale, row).join(" ");
        return (
          <span className="row-note" title={words}>
            {words}
          </span>
        );
      },
    }),
    column("author", t("research.author"), { value: ({ author }) => author, cell: ({ author }) => author }),
    column("age", t("config.age"), {
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <Age ts={created_at} everyMs={10_000} />,
      right: true,
    }),
  ];
}

function Cards({ rows }: { rows: readonly PromotionRow[] }) {
  const { t, locale } = useText();
  return (
    <ul className="rows research-cards">
      {rows.map((row) => (
        <li key={row.promotion_id}>
          <p className="card-head">
            <ConfigLink to={{ at: "promotion", id: row.promotion_id }}>
              <RevText of={row} />
            </ConfigLink>
            <span>{modeText(t, row)}</span>
            <PromotionState status={row.status} />
            <span className="spacer" />
            <Age ts={row.created_at} everyMs={10_000} />
          </p>
          <p className="muted">{promotionWords(t, locale, row).join(" ")}</p>
        </li>
      ))}
    </ul>
  );
}
