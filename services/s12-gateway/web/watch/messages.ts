/** The texts of the pages that watch the system, which come with them: imported once, before anything is shown. */

import { addMessages } from "../i18n/translate.ts";
import watchEn from "../i18n/watch.en.json" with { type: "json" };
import watchZhTW from "../i18n/watch.zh-TW.json" with { type: "json" };

addMessages({ en: watchEn, "zh-TW": watchZhTW });
