/** Draws specifications of Vega-Lite, without a browser, as one SVG of stacked panels. */
import type { TopLevelSpec } from "vega-lite";
import type { Draft, Figure, Panel } from "./figure.ts";
import { config, figureStyle, figureWidth, font } from "./theme.ts";
import * as vega from "./vega.ts";

/** Space between two panels. */
const gap = 22;

/** Returns the figure of a draft, as an SVG that scales to its container. */
export async function drawFigure({ panels, ...figure }: Draft): Promise<Figure> {
  if (figure.missing !== null) return { ...figure, svg: null };
  const drawn: string[] = [];
  let height = 0;
  for (const [i, panel] of panels.entries()) {
    if (i > 0) height += gap;
    const content = await drawPanel(panel);
    drawn.push(`<g transform="translate(0,${height})">${content}</g>`);
    height += panel.height;
  }
  return { ...figure, svg: framed(figure, height, drawn.join("")) };
}

/** Returns the SVG as a complete file, with its style. */
export function standaloneSvg(svg: string): string {
  const style = `<style>${figureStyle}</style>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.replace("</desc>", `</desc>${style}`)}\n`;
}

function framed(figure: Omit<Figure, "svg">, height: number, content: string): string {
  const { id, title, question, caption } = figure;
  const size = `viewBox="0 0 ${figureWidth} ${height}"`;
  const names = `role="img" aria-labelledby="${id}-title ${id}-desc"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" class="figure" font-family="${font}" ${size} ${names}>`;
  const description = escapeXml([question, ...caption].join(" "));
  const name = `<title id="${id}-title">${escapeXml(title)}</title>`;
  return `${head}${name}<desc id="${id}-desc">${description}</desc>${content}</svg>`;
}

function drawPanel({ title, height, spec }: Panel): Promise<string> {
  return drawSpec({
    ...spec,
    ...(title === null ? {} : { title }),
    width: figureWidth,
    height,
    autosize: { type: "fit", contains: "padding" },
  } as TopLevelSpec);
}

/** Returns the content of the SVG of a specification, in the theme of all figures. */
export async function drawSpec(spec: TopLevelSpec): Promise<string> {
  const problems: string[] = [];
  const logger = vega.logger(vega.Warn, undefined, (_, __, texts) =>
    problems.push(texts.join(" ")),
  );
  const runtime = vega.parse(vega.compile({ config, ...spec }, { logger }).spec);
  const view = new vega.View(runtime, { renderer: "none", logger });
  const svg = await view.toSVG();
  view.finalize();
  if (problems.length > 0) throw new Error(problems[0]);
  return compact(svg.replace(/^<svg[^>]*>/, "").replace(/<\/svg>$/, ""));
}

/** Removes unused attributes, and rounds coordinates to hundredths. */
function compact(content: string): string {
  return content
    .replace(/ (?:class|role|aria-\w+|font-family)="[^"]*"/g, "")
    .replace(/<\w[^>]*>/g, (tag) =>
      tag.replace(/\d+\.\d{3,}/g, (place) => String(Number(Number(place).toFixed(2)))),
    );
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
