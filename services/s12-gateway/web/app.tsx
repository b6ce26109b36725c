/** The page's frame: language, query cache, and the door: signed in shows the pages, else the sign-in screen. */
import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import { QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { isPassing } from "../../../shared/client/problem.ts";
import { isShutOut, isSignedOut } from "./api/http.ts";
import { meQuery } from "./api/queries.ts";
import type { Phrases } from "./i18n/phrases.ts";
import { TextContext, translator } from "./i18n/translate.ts";
import { Frame } from "./pages/frame.tsx";
import { NewPasswordPage } from "./pages/new-password.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { PageProblem } from "./parts/states.tsx";
import { type Locale, prefsStore } from "./state/prefs.ts";
import { useStore } from "./state/store.ts";

const RETRIES_MAX = 2;

/** Any answer 401 ends the session on the page at once, whichever part asked; a password set by others must go first. */
function createClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isShutOut(error) && query.queryKey[0] !== meQuery.queryKey[0]) {
          void client.invalidateQueries({ queryKey: meQuery.queryKey });
        }
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => isPassing(error) && failures < RETRIES_MAX,
        refetchOnWindowFocus: true,
      },
    },
  });
  return client;
}
const client = createClient();

export function App() {
  const locale = useStore(prefsStore, (prefs) => prefs.locale);
  const phrases = usePhrases(locale);
  const text = useMemo(() => ({ t: translator(locale, phrases), locale }), [locale, phrases]);
  return (
    <TextContext.Provider value={text}>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={client}>
          <Tooltip.Provider delay={200}>
            <Door />
          </Tooltip.Provider>
        </QueryClientProvider>
      </CSPProvider>
    </TextContext.Provider>
  );
}

/** Until they are there, and where they do not come, what services say stays English. */
function usePhrases(locale: Locale): Phrases | undefined {
  const [phrases, setPhrases] = useState<Phrases>();
  useEffect(() => {
    if (locale !== "zh-TW") return;
    import("./i18n/phrases-zh-tw.ts").then(
      ({ PHRASES_ZH_TW }) => setPhrases(PHRASES_ZH_TW),
      () => {},
    );
  }, [locale]);
  return locale === "zh-TW" ? phrases : undefined;
}

function Door() {
  const me = useQuery(meQuery);
  if (me.isPending) return <div className="door" aria-busy="true" />;
  if (isSignedOut(me.error)) return <SignInPage />;
  if (me.data?.must_change_password) return <NewPasswordPage me={me.data} />;
  if (me.data) return <Frame me={me.data} />;
  return <PageProblem error={me.error} onRetry={() => void me.refetch()} />;
}
