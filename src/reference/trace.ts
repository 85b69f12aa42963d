/**
 * The shapes of a forward pass, observed: the pass is run and the lengths of its arrays are read.
 * Nothing here knows from the configuration how long an array should be.
 */

import { passFlops } from "../cost/flops.ts";
import type { Stages } from "../decoder.ts";
import { checkAppend } from "../decoder.ts";
import { forwardStages } from "../definition.ts";
import { softmax } from "../math/softmax.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";

export interface ShapeRow {
  readonly step: string;
  /** B sequences of L tokens, hidden states d wide, V words: the letters of the textbooks. */
  readonly symbols: string;
  readonly shape: readonly number[];
}

/** The definition is written to be read, not to be fast: this much takes it about ten seconds. */
const mostFlops = 1_000_000_000n;

/** Every position attends all of them, and each has its logits. */
function traceFlops(config: ModelConfig, B: number, L: number): bigint {
  return BigInt(B) * passFlops(config, { newTokens: L, headRows: L }, { attention: "dense" });
}

/** The longest sequences, up to `most` tokens, of which {@link traceShapes} takes B; 1 at least. */
export function traceableLength(config: ModelConfig, B: number, most: number): number {
  let length = most;
  while (length > 1 && traceFlops(config, B, length) > mostFlops) length--;
  return length;
}

/**
 * The shape of everything that a forward pass goes through, in order: token ids, embedding, each
 * block, final norm, logits, and the next token's probabilities.
 *
 * @param batch `[B][L]`: B sequences of one length
 * @throws {RangeError} on an empty or ragged batch, tokens that the model cannot hold, or a pass of
 *   more than 10^9 FLOPs
 */
export function traceShapes(
  { config, weights }: Model,
  batch: readonly (readonly number[])[],
): ShapeRow[] {
  const tokens = checkBatch(config, batch);
  const runs = batch.map((sequence) => forwardStages(config, weights, sequence));
  const row = (step: string, symbols: string, of: (run: Stages) => Nested): ShapeRow => ({
    step,
    symbols,
    shape: shapeOf(runs.map(of)),
  });
  const norm = config.norm === "rmsnorm" ? "RMSNorm" : "LayerNorm";
  return [
    { step: "Token IDs", symbols: "(B, L)", shape: tokens },
    row("Embedding", "(B, L, d)", ({ embedding }) => embedding),
    ...runs[0].layers.map((_, l) =>
      row(`After block ${l}`, "(B, L, d)", ({ layers }) => layers[l].output),
    ),
    ...(config.finalNorm ? [row(`Final ${norm}`, "(B, L, d)", ({ final }) => final)] : []),
    row("Logits", "(B, L, V)", ({ logits }) => logits),
    row("Next-token probs", "(B, V)", ({ logits }) => softmax(logits[logits.length - 1])),
  ];
}

/** A trace as text, one line a step: `Embedding:  (1, 10, 64)  (B, L, d)`. */
export function shapeTraceText(rows: readonly ShapeRow[]): string {
  const steps = align(rows.map(({ step }) => `${step}:`));
  const shapes = align(rows.map(({ shape }) => `(${shape.join(", ")})`));
  return rows.map(({ symbols }, i) => `${steps[i]}  ${shapes[i]}  ${symbols}`).join("\n");
}

function align(cells: readonly string[]): string[] {
  const width = Math.max(...cells.map((cell) => cell.length));
  return cells.map((cell) => cell.padEnd(width));
}

type Nested = ArrayLike<number | Nested>;

/** The lengths of nested arrays, outermost first; arrays side by side must be equally long. */
function shapeOf(values: Nested): number[] {
  const inner = Array.from(values, (value) => (typeof value === "number" ? [] : shapeOf(value)));
  const ragged = inner.find((shape) => shape.join() !== inner[0].join());
  if (ragged !== undefined) {
    throw new RangeError(`traceShapes: every row must be [${inner[0]}], got [${ragged}]`);
  }
  return [values.length, ...inner[0]];
}

/** The batch's own shape, `[B, L]`, when the model can hold it and the pass is small enough. */
function checkBatch(config: ModelConfig, batch: readonly (readonly number[])[]): number[] {
  if (batch.length === 0) {
    throw new RangeError("traceShapes: there must be at least one sequence, got 0");
  }
  for (const sequence of batch) checkAppend(config, 0, sequence);
  const [B, L] = shapeOf(batch);
  const flops = traceFlops(config, B, L);
  if (flops > mostFlops) {
    throw new RangeError(`traceShapes: a pass must cost at most ${mostFlops} FLOPs, got ${flops}`);
  }
  return [B, L];
}
