/**
 * The observed shapes of a forward pass: the pass is run and the lengths of its arrays are read. No
 * shape is computed from the configuration.
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
  /** The shape in letters: B sequences of T tokens, hidden states D wide, V words. */
  readonly symbols: string;
  readonly shape: readonly number[];
}

/** Limit of one trace: the definition is slow, and takes about ten seconds for this. */
const mostFlops = 1_000_000_000n;

/** FLOPs of B passes over T tokens: dense attention, and logits of every position. */
function traceFlops(config: ModelConfig, B: number, T: number): bigint {
  return BigInt(B) * passFlops(config, { newTokens: T, headRows: T }, { attention: "dense" });
}

/** Longest sequence, up to `most` tokens, of which {@link traceShapes} accepts B; at least 1. */
export function traceableLength(config: ModelConfig, B: number, most: number): number {
  let length = most;
  while (length > 1 && traceFlops(config, B, length) > mostFlops) length--;
  return length;
}

/**
 * Returns the shape of every step of a forward pass, in order: token ids, embedding, each block,
 * final norm, logits, and the next token's probabilities.
 *
 * @param batch `[B][T]`: B sequences of one length
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
    { step: "Token IDs", symbols: "(B, T)", shape: tokens },
    row("Embedding", "(B, T, D)", ({ embedding }) => embedding),
    ...runs[0].layers.map((_, l) =>
      row(`After block ${l}`, "(B, T, D)", ({ layers }) => layers[l].output),
    ),
    ...(config.finalNorm ? [row(`Final ${norm}`, "(B, T, D)", ({ final }) => final)] : []),
    row("Logits", "(B, T, V)", ({ logits }) => logits),
    row("Next-token probs", "(B, V)", ({ logits }) => softmax(logits[logits.length - 1])),
  ];
}

/** Returns a trace as text, one line a step: `Embedding:  (1, 10, 64)  (B, T, D)`. */
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

/** Returns the lengths of nested arrays, outermost first; neighbours must be equally long. */
function shapeOf(values: Nested): number[] {
  const inner = Array.from(values, (value) => (typeof value === "number" ? [] : shapeOf(value)));
  const ragged = inner.find((shape) => shape.join() !== inner[0].join());
  if (ragged !== undefined) {
    throw new RangeError(`traceShapes: every row must be [${inner[0]}], got [${ragged}]`);
  }
  return [values.length, ...inner[0]];
}

/** Returns the shape of the batch, `[B, T]`; throws if the model or the limit excludes it. */
function checkBatch(config: ModelConfig, batch: readonly (readonly number[])[]): number[] {
  if (batch.length === 0) {
    throw new RangeError("traceShapes: there must be at least one sequence, got 0");
  }
  for (const sequence of batch) checkAppend(config, 0, sequence);
  const [B, T] = shapeOf(batch);
  const flops = traceFlops(config, B, T);
  if (flops > mostFlops) {
    throw new RangeError(`traceShapes: a pass must cost at most ${mostFlops} FLOPs, got ${flops}`);
  }
  return [B, T];
}
