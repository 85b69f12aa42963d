/** The figures, each beside its findings, with the tables of its numbers below. */
import type { Figure } from "../figures.ts";
import { referenceNote } from "../origin.ts";
import type { Tables } from "../tables.ts";
import { Html, html } from "./html.ts";

export function figuresSection(tables: Tables, figures: readonly Figure[]): Html {
  return html`<section id="figures">
<hgroup><h2>Figures</h2>
<p>Drawn from the tables named below each; nothing is computed again.
${referenceNote(tables)}.</p></hgroup>
${figures.map(figureArticle)}
</section>`;
}

function figureArticle({ id, title, question, caption, svg, sources, missing }: Figure): Html {
  return html`<article class="pair" id="figure-${id}">
<div>
<hgroup><h3>${title}</h3><p>${question}</p></hgroup>
${caption.map((sentence) => html`<p>${sentence}</p>`)}
${missing !== null && html`<p class="missing">${missing}</p>`}
${sources.map(sourceText)}
</div>
${svg !== null && new Html(svg)}
</article>`;
}

function sourceText({ file, columns, rows }: Figure["sources"][number]): Html {
  return html`<p><small>data: <a href="${file}">${file}</a>, columns ${columns.join(", ")}; rows ${rows}</small></p>`;
}
