/** The texts of the config pages, which come with them; runs and forms they share with Research are told by its texts. */
import "../research/messages.ts";
import configEn from "../i18n/config.en.json" with { type: "json" };
import configZhTW from "../i18n/config.zh-TW.json" with { type: "json" };
import { addMessages } from "../i18n/translate.ts";

addMessages({ en: configEn, "zh-TW": configZhTW });
