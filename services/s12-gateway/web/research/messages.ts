/** The texts of the research pages, which come with them: imported once, before anything is shown. */
import researchEn from "../i18n/research.en.json" with { type: "json" };
import researchZhTW from "../i18n/research.zh-TW.json" with { type: "json" };
import { addMessages } from "../i18n/translate.ts";

addMessages({ en: researchEn, "zh-TW": researchZhTW });
