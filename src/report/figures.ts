/** Every figure of the report, drawn from the tables alone. */
import { causality } from "./figures/causality.ts";
import { drawFigure } from "./figures/draw.ts";
import type { Draft, Figure } from "./figures/figure.ts";
import { forward } from "./figures/forward.ts";
import { generation } from "./figures/generation.ts";
import { generationCost } from "./figures/generation-cost.ts";
import { growth } from "./figures/growth.ts";
import { intensity } from "./figures/intensity.ts";
import { latency } from "./figures/latency.ts";
import { parameters } from "./figures/parameters.ts";
import { peers } from "./figures/peers.ts";
import { sampling } from "./figures/sampling.ts";
import { measureText } from "./figures/text-width.ts";
import { thresholds } from "./figures/thresholds.ts";
import { training } from "./figures/training.ts";
import type { Tables } from "./tables.ts";

export { standaloneSvg } from "./figures/draw.ts";
export type { Figure, Source } from "./figures/figure.ts";
export { figureStyle, figureWidth } from "./figures/theme.ts";

const drafts: readonly ((tables: Tables) => Draft)[] = [
  forward,
  causality,
  sampling,
  generation,
  generationCost,
  parameters,
  intensity,
  latency,
  growth,
  peers,
  training,
  thresholds,
];

/** Returns the figures before they are drawn: their specifications contain the rows. */
export function draftFigures(tables: Tables): Draft[] {
  return drafts.map((draft) => draft(tables));
}

/**
 * Returns the figures in the order of a page. A figure without its tables has the command that
 * writes them.
 *
 * An `svg` is for inclusion in a page, which needs {@link figureStyle} once and may set its custom
 * properties, `--figure-ink` and so on, on `.figure`. `standaloneSvg` makes a separate file of it.
 *
 * @throws {RangeError} if a chart cannot show the values of its tables, naming it
 */
export async function figures(tables: Tables): Promise<Figure[]> {
  measureText();
  const drawn: Figure[] = [];
  for (const draft of drafts) {
    try {
      drawn.push(await drawFigure(draft(tables)));
    } catch (cause) {
      const must = "its tables must hold what can be drawn";
      throw new RangeError(`figure ${draft.name}: ${must}, got ${(cause as Error).message}`, {
        cause,
      });
    }
  }
  return drawn;
}
