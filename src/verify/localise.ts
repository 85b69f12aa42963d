import type { Stages, Vector } from "../decoder.ts";
import { forwardStages } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import type { ErrorBound } from "../tolerance/compare.ts";

/** The first place where a decoder departs from the definition. */
export interface Departure {
  readonly position: number;
  /** From 0; null before the first block and after the last. */
  readonly layer: number | null;
  readonly stage: string;
  /** Head of the entry; null in a stage without heads. */
  readonly head: number | null;
  /** Index of the entry in its row, or in its head if it has one. */
  readonly entry: number;
  readonly actual: number;
  readonly expected: number;
}

/** One stage of a pass in the order of computation: its rows, and the width of its heads. */
interface Stage {
  readonly layer: number | null;
  readonly stage: string;
  readonly rows: readonly Vector[];
  readonly headDim: number | null;
}

function stagesInOrder(stages: Stages, headDim: number): Stage[] {
  const alone = (stage: string, rows: readonly Vector[]) => [
    { layer: null, stage, rows, headDim: null },
  ];
  const layers = stages.layers.flatMap((layer, l) => [
    ...(["query", "key", "value", "mixed"] as const).map((stage) => {
      return { layer: l, stage, rows: layer[stage], headDim };
    }),
    ...(["afterAttention", "output"] as const).map((stage) => {
      return { layer: l, stage, rows: layer[stage], headDim: null };
    }),
  ]);
  return [
    ...alone("embedding", stages.embedding),
    ...layers,
    ...alone("final", stages.final),
    ...alone("logits", stages.logits),
  ];
}

/**
 * Returns the first entry, by position, then layer, stage and head, at which two passes differ by
 * more than the tolerance allows in the row of the stage; null if they do not.
 */
export function firstDeparture(
  actual: Stages,
  expected: Stages,
  headDim: number,
  tolerance: ErrorBound,
): Departure | null {
  const ours = stagesInOrder(actual, headDim);
  const theirs = stagesInOrder(expected, headDim);
  for (const position of expected.logits.keys()) {
    for (const [i, { layer, stage, rows, headDim: width }] of theirs.entries()) {
      const row = rows[position];
      const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const allowed = tolerance.absolute + tolerance.relative * largest;
      const at = row.findIndex((x, d) => !(Math.abs(ours[i].rows[position][d] - x) <= allowed));
      if (at < 0) continue;
      const head = width === null ? null : Math.floor(at / width);
      const entry = width === null ? at : at % width;
      const [actual, expected] = [ours[i].rows[position][at], row[at]];
      return { position, layer, stage, head, entry, actual, expected };
    }
  }
  return null;
}

/**
 * Returns the first place where a decoder departs from the definition of its model over these
 * tokens, in words: position, layer, stage and head. Null for decoders that do not show their
 * stages, or if none departs.
 */
export async function localise(
  { decoder, model }: Candidate,
  tokens: readonly number[],
  tolerance: ErrorBound,
): Promise<string | null> {
  if (model === null || decoder.stages === undefined) return null;
  const actual = await decoder.stages(tokens);
  const expected = forwardStages(model.config, model.weights, tokens);
  const departure = firstDeparture(actual, expected, model.config.headDim, tolerance);
  if (departure === null) return null;
  const { position, layer, stage, head, entry } = departure;
  const where = [
    `position ${position}`,
    ...(layer === null ? [] : [`layer ${layer}`]),
    stage,
    ...(head === null ? [] : [`head ${head}`]),
    `entry ${entry}`,
  ].join(", ");
  return `${where}: ${departure.actual}, but should be ${departure.expected}`;
}
