/** The roofline as an SVG, both axes logarithmic, with the steps and their attention on it. */
import { attainableFlops } from "../../cost/roofline.ts";
import { si, significant } from "../../io/numbers.ts";
import type { Explored } from "../explore.ts";
import { colour } from "../figures/theme.ts";
import { type Html, html } from "../page/html.ts";

const size = { width: 420, height: 320 };
const margin = { left: 98, right: 28, top: 52, bottom: 44 };

interface Point {
  readonly name: string;
  readonly intensity: number;
  readonly isWhole: boolean;
}

interface Scale {
  readonly decades: readonly number[];
  readonly at: (value: number) => number;
}

/** Returns a scale from one pixel to another over the decades of all values. */
function logScale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { decades, at };
}

export function rooflinePlot({ roofs, steps }: Explored): Html {
  const ridge = roofs.flopsPerS / roofs.bytesPerS;
  const unordered = steps.flatMap(({ phase, step, attention }): Point[] => [
    { name: phase, intensity: step.ai as number, isWhole: true },
    { name: `${phase}, attention`, intensity: attention.ai as number, isWhole: false },
  ]);
  const points = unordered.toSorted((a, b) => b.intensity - a.intensity);
  const intensities = [...points.map(({ intensity }) => intensity), ridge];
  const right = size.width - margin.right;
  const x = logScale([...intensities, ridge * 10], margin.left, right);
  const reached = x.decades.map((value) => attainableFlops(roofs, value));
  const y = logScale([...reached, roofs.flopsPerS], size.height - margin.bottom, margin.top);
  const roof = [x.decades[0], ridge, x.decades.at(-1)!]
    .map((at) => `${x.at(at).toFixed(1)} ${y.at(attainableFlops(roofs, at)).toFixed(1)}`)
    .join("L");
  const place = ({ intensity }: Point) => ({
    x: x.at(intensity),
    y: y.at(attainableFlops(roofs, intensity)),
  });
  const label = points
    .map(({ name, intensity }) => `${name} at ${significant(intensity)} FLOPs per byte`)
    .join(", ");
  return html`<svg class="figure" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="Roofline: ${label}; the ridge is at ${significant(ridge)}"><g font-size="14" fill="${colour("muted")}">
${x.decades.map((value) => html`<path stroke="${colour("line")}" d="M${x.at(value)} ${margin.top}V${size.height - margin.bottom}"/><text x="${x.at(value)}" y="${size.height - margin.bottom + 18}" text-anchor="middle">${value.toLocaleString("en")}</text>`)}
${y.decades.map((value) => html`<path stroke="${colour("line")}" d="M${margin.left} ${y.at(value)}H${right}"/><text x="${margin.left - 8}" y="${y.at(value) + 4}" text-anchor="end">${si(value, "FLOP/s")}</text>`)}
<text x="${right}" y="${size.height - 6}" text-anchor="end">FLOPs per byte of memory traffic</text>
<path fill="none" stroke="${colour("ink")}" stroke-width="2" d="M${roof}"/>
${labelled(points, ridge, place)}
</g></svg>`;
}

/** Dots with their names: below the slope, above the flat part, farther off if names overlap. */
function labelled(
  points: readonly Point[],
  ridge: number,
  at: (point: Point) => { x: number; y: number },
): Html[] {
  const taken: { left: number; right: number; y: number }[] = [];
  const isTaken = (left: number, right: number, y: number) =>
    taken.some((box) => left < box.right && right > box.left && Math.abs(y - box.y) < 15);
  return points.map((point) => {
    const { x, y } = at(point);
    const width = 8.4 * point.name.length;
    const sign = point.intensity < ridge ? 1 : -1;
    let left = Math.min(x + 6, size.width - width);
    let baseline = y + (sign > 0 ? 22 : -12);
    if (sign < 0 && isTaken(left, left + width, baseline)) left = x - 8 - width;
    while (isTaken(left, left + width, baseline)) baseline += sign * 16;
    taken.push({ left, right: left + width, y: baseline });
    const isLeft = left + width < x;
    return html`<path stroke="${colour("muted")}" stroke-dasharray="2 2" d="M${x} ${y}V${baseline - 4}"/><circle stroke="${colour("blue")}" fill="${point.isWhole ? colour("blue") : "none"}" stroke-width="2" cx="${x}" cy="${y}" r="5"/><text fill="${colour("ink")}" font-weight="600" x="${isLeft ? x - 8 : left}" y="${baseline}"${isLeft && html` text-anchor="end"`}>${point.name}</text>`;
  });
}
