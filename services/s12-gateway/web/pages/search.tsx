/** The search page: one question over everything that is kept, its answers by kind, each leading to the thing. */
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { searchQuery } from "../api/account-queries.ts";
import { useText } from "../i18n/translate.ts";
import { useAsked } from "../parts/asked-fields.tsx";
import { When } from "../parts/figures.tsx";
import { PlaceLink } from "../parts/links.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { type Found, type Hit, type HitKind, placeOf, QUESTION_CHARACTERS_MIN } from "../state/hits.ts";

const QUESTION_CHARACTERS_MAX = 100;

export function SearchPage() {
  const { t } = useText();
  const { asked } = useAsked();
  const q = asked.q ?? "";
  const query = useQuery(searchQuery(q));
  const asks = q.length >= QUESTION_CHARACTERS_MIN;
  return (
    <main className="page search-page" aria-label={t("page.search")}>
      <Panel className="page-panel" title={t("page.search")}>
        <Question q={q} />
        {asks ? null : <Empty>{t("search.about")}</Empty>}
        {asks && query.isPending ? <Skeleton rows={8} /> : null}
        {query.error ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {asks && query.data ? <Answers found={query.data} /> : null}
      </Panel>
    </main>
  );
}

function Question({ q }: { q: string }) {
  const { t } = useText();
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("q")).trim();
    // Each question is a step of its own: Back asks the one before.
    go({ asked: text === "" ? {} : { q: text }, id: "" });
  };
  return (
    <search>
      <form className="question" onSubmit={submit}>
        <label className="unseen" htmlFor={id}>
          {t("search.question")}
        </label>
        <input
          key={q}
          id={id}
          name="q"
          type="search"
          defaultValue={q}
          placeholder={t("search.question")}
          minLength={QUESTION_CHARACTERS_MIN}
          maxLength={QUESTION_CHARACTERS_MAX}
          autoComplete="off"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: the page is for asking
          autoFocus
        />
        <button type="submit" className="button primary">
          {t("search.submit")}
        </button>
      </form>
    </search>
  );
}

function Answers({ found }: { found: Found }) {
  const { t } = useText();
  const { groups, not_searched, q } = found;
  return (
    <>
      {not_searched.length > 0 ? (
        <p className="stale-note" role="status">
          {t("search.missed", { what: not_searched.map((kind) => t(`hits.${kind}`)).join(", ") })}
        </p>
      ) : null}
      {groups.length === 0 ? <Empty>{t("search.empty", { q })}</Empty> : null}
      {groups.map(({ kind, items }) => (
        <section key={kind} className="hits" aria-label={t(`hits.${kind}`)}>
          <h3>
            {t(`hits.${kind}`)} <span className="count">{items.length}</span>
          </h3>
          <ol className="rows">
            {items.map((hit) => (
              <HitRow key={hit.id} kind={kind} hit={hit} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

function HitRow({ kind, hit }: { kind: HitKind; hit: Hit }) {
  const place = placeOf(kind, hit);
  const inside = (
    <>
      <span className="hit-title">{hit.title}</span>
      <code>{hit.id}</code>
    </>
  );
  return (
    <li className="hit">
      <When ts={hit.ts} day />
      {place ? (
        <PlaceLink to={place} className="hit-link">
          {inside}
        </PlaceLink>
      ) : (
        <a className="hit-link" href={hit.path} target="_blank" rel="noreferrer">
          {inside}
        </a>
      )}
    </li>
  );
}
