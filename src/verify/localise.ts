import type { Stages, Vector } from "../decoder.ts";
import { forwardStages } from "../definition.ts";
import type { Candidate } from "../subjects/subject.ts";
import type { ErrorBound } from "../tolerance/compare.ts";

/** Where a decoder first parts from the definition. */
export interface Parting {
  readonly position: number;
  /** From 0; null before the first block and after the last. */
  readonly layer: number | null;
  readonly stage: string;
  /** The head that the entry belongs to; null where a stage has none. */
  readonly head: number | null;
  /** The entry of the row, within its head where it has one. */
  readonly entry: number;
  readonly actual: number;
  readonly expected: number;
}

/** One stage of a pass in the order of computation: its rows, and how wide its heads are. */
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
 * The first entry, by position, then layer, stage and head, at which two passes are apart by more
 * than the tolerance allows of the stage's row; null when they are not.
 */
export function firstParting(
  actual: Stages,
  expected: Stages,
  headDim: number,
  tolerance: ErrorBound,
): Parting | null {
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
 * Says where a decoder first parts from the definition of its model over these tokens: position,
 * layer, stage and head. Null for decoders that do not show their stages, or where none parts.
 */
export async function localise(
  { decoder, model }: Candidate,
  tokens: readonly number[],
  tolerance: ErrorBound,
): Promise<string | null> {
  if (model === null || decoder.stages === undefined) return null;
  const actual = await decoder.stages(tokens);
  const expected = forwardStages(model.config, model.weights, tokens);
  const parting = firstParting(actual, expected, model.config.headDim, tolerance);
  if (parting === null) return null;
  const { position, layer, stage, head, entry } = parting;
  const where = [
    `position ${position}`,
    ...(layer === null ? [] : [`layer ${layer}`]),
    stage,
    ...(head === null ? [] : [`head ${head}`]),
    `entry ${entry}`,
  ].join(", ");
  return `${where}: ${parting.actual}, but should be ${parting.expected}`;
}
