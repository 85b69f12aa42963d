/** The figures, each with what it says beside it and where its numbers are from below. */
import type { Figure } from "../figures.ts";
import { Html, html } from "./html.ts";

export function figuresSection(figures: readonly Figure[]): Html {
  return html`<section id="figures">
<h2>Figures</h2>
<p class="about">Drawn from the tables named below each; nothing is computed anew.</p>
${figures.map(figureArticle)}
</section>`;
}

function figureArticle({ id, title, question, caption, svg, sources, missing }: Figure): Html {
  return html`<article class="pair" id="figure-${id}">
<div class="said">
<p class="question">${question}</p>
<h3>${title}</h3>
${caption.map((sentence) => html`<p>${sentence}</p>`)}
${missing !== null && html`<p class="missing">${missing}</p>`}
${sources.length > 0 && html`<ul class="sources">${sources.map(sourceItem)}</ul>`}
</div>
${svg !== null && html`<div class="drawn">${new Html(svg)}</div>`}
</article>`;
}

function sourceItem({ file, columns, rows }: Figure["sources"][number]): Html {
  return html`<li>data: <a href="${file}">${file}</a>, columns ${columns.join(", ")}; rows ${rows}</li>`;
}
