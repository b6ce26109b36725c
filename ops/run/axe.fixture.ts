/** Asks axe-core what of an open page somebody could not see, read or reach. */
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const SCRIPT = Bun.resolveSync("axe-core/axe.min.js", import.meta.dir);
/** What keeps people out; the rest are wishes. */
const GRAVE: ReadonlySet<string | null | undefined> = new Set(["serious", "critical"]);

/** What is grave, a line each: where, what, and the element. The page's policy stays as it is: the debugger evaluates. */
export async function graveFindings(page: Page, where: string, theme: "dark" | "light"): Promise<string[]> {
  await page.evaluate((chosen) => document.documentElement.setAttribute("data-theme", chosen), theme);
  const isThere = await page.evaluate(() => "axe" in window);
  if (!isThere) await page.evaluate(await Bun.file(SCRIPT).text());
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as AxeResults;
  return violations
    .filter(({ impact }) => GRAVE.has(impact))
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, any }) => `${where}, ${theme}: ${id}: ${html.slice(0, 160)} ${any.map(({ message }) => message)}`,
      ),
    );
}
