/**
 * Colours, type and lines of all figures. The hues are those of Okabe and Ito, which people with
 * any colour vision can distinguish, made darker on white and lighter on black until text has a
 * contrast of 4.5 or more. No figure depends on colour alone.
 */
import type { Config } from "vega-lite";

/** Width of all figures; on a phone 360 pixels wide, 14 units are 11 pixels. */
export const figureWidth = 420;

interface Shade {
  readonly light: string;
  readonly dark: string;
}

export const colours = {
  ink: { light: "#1f2328", dark: "#e6edf3" },
  muted: { light: "#59636e", dark: "#9aa4af" },
  line: { light: "#d5dae0", dark: "#3a424b" },
  blue: { light: "#0072b2", dark: "#5cb6f2" },
  vermilion: { light: "#bf4d00", dark: "#ff9a5c" },
  green: { light: "#00775a", dark: "#3fcf9f" },
  purple: { light: "#a0497a", dark: "#e59cc6" },
  ochre: { light: "#8a6100", dark: "#f0bb45" },
} as const satisfies Readonly<Record<string, Shade>>;

export type Colour = keyof typeof colours;

/** Returns the colour in a specification; a style sheet may replace it in the drawing. */
export function colour(name: Colour): string {
  return colours[name].light;
}

export const font = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
const fontSize = 14;

export const config: Config = {
  aria: false,
  background: "transparent",
  padding: 2,
  font,
  axis: {
    labelFontSize: fontSize,
    titleFontSize: fontSize,
    labelColor: colour("muted"),
    titleColor: colour("muted"),
    titleFontWeight: "normal",
    domainColor: colour("line"),
    tickColor: colour("line"),
    gridColor: colour("line"),
    gridOpacity: 0.6,
    labelOverlap: "greedy",
  },
  axisX: { grid: false, titlePadding: 6 },
  // The title of a vertical axis is horizontal, above the axis.
  axisY: {
    domain: false,
    ticks: false,
    labelPadding: 6,
    titleAngle: 0,
    titleAlign: "left",
    titleAnchor: "end",
    titleBaseline: "bottom",
    titleX: 0,
    titleY: -8,
  },
  title: {
    anchor: "start",
    frame: "bounds",
    fontSize: 15,
    fontWeight: 600,
    color: colour("ink"),
    offset: 14,
  },
  text: { fontSize, color: colour("ink") },
  line: { strokeWidth: 2.2 },
  point: { size: 45, filled: true, opacity: 1 },
  view: { stroke: null },
};

/**
 * The style sheet of all figures. It selects by the colours in the drawing, which programs without
 * style sheets use unchanged; a page may set the custom properties.
 */
export const figureStyle = styleSheet();

function styleSheet(): string {
  const names = Object.keys(colours) as Colour[];
  const properties = (shade: keyof Shade) =>
    names.map((name) => `--figure-${name}:${colours[name][shade]}`).join(";");
  const rules = names.flatMap((name) =>
    ["fill", "stroke"].map(
      (what) => `.figure [${what}="${colour(name)}"]{${what}:var(--figure-${name})}`,
    ),
  );
  return [
    `.figure{${properties("light")}}`,
    `@media screen and (prefers-color-scheme:dark){.figure{${properties("dark")}}}`,
    ...rules,
  ].join("\n");
}
