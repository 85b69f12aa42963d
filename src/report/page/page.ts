/** The page: one self-contained file, made of the tables of a folder of reports. */
import { type Figure, figureStyle } from "../figures.ts";
import { headline } from "../findings.ts";
import { isRight } from "../summaries.ts";
import type { Reports } from "../tables.ts";
import { enginesSection } from "./engines.ts";
import { explorerSection } from "./explorer.ts";
import { figuresSection } from "./figures.ts";
import { Html, html } from "./html.ts";
import { lawsSection } from "./laws.ts";
import { mutantsSection } from "./mutants.ts";
import { pageAsset } from "./page-assets.ts";
import { runsSection } from "./runs.ts";
import { verdictSection } from "./verdict.ts";

const parts = {
  verdict: "Verdict",
  figures: "Figures",
  explorer: "Cost explorer",
  laws: "Laws",
  mutants: "Mutants",
  engines: "Engines",
  runs: "Runs",
};

/** Returns the whole page as text. */
export async function pageText(reports: Reports, figures: readonly Figure[]): Promise<string> {
  const { tables } = reports;
  const title = `causalgate: ${headline(tables)}`;
  const [style, script] = await Promise.all([pageAsset("style"), pageAsset("script")]);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${icon(isRight(tables))}">
<style>${new Html(`${figureStyle}\n${style}`)}</style>
</head>
<body>
<a class="skip" href="#verdict">To the verdict</a>
<header><nav aria-label="Parts of the page"><ul><li><strong>causalgate</strong></li>${Object.entries(parts).map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></header>
<main>
${verdictSection(reports)}
${figuresSection(tables, figures)}
${explorerSection()}
${lawsSection(tables)}
${await mutantsSection(tables)}
${enginesSection(tables)}
${runsSection(reports)}
</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** Returns a dot in the colour of the verdict. */
function icon(right: boolean | null): string {
  const colour = right === null ? "%23808080" : right ? "%2300775a" : "%23b3261e";
  return `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='3.4' fill='${colour}'/></svg>`;
}
