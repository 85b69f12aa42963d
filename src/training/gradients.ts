/**
 * The loss of a batch and its gradients, by reverse mode: the forward pass of every example, then
 * its pieces in reverse order.
 */
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { buildWeights, type Weights } from "../model/weights.ts";
import { attention } from "./attention.ts";
import { dropout } from "./dropout.ts";
import { embed } from "./embedding.ts";
import { feedForward } from "./feed-forward.ts";
import { linear } from "./linear.ts";
import { crossEntropy, crossEntropyGradient, type Example, IGNORED, targetsOf } from "./loss.ts";
import { norm } from "./norm.ts";
import { type DropoutOptions, type TrainingPass, turnsOf } from "./pass.ts";
import { chain, type Piece, residual } from "./step.ts";

export { type Example, IGNORED } from "./loss.ts";

export interface GradientOptions {
  /**
   * Dropout after the sum of the embeddings, on the probabilities of attention, and on the output
   * of each sublayer, as in GPT-2. Masks are drawn in the order of the forward pass, example by
   * example, over all tokens but the last: the embedding `[T, D]`; then for every layer the
   * probabilities by head and position, the output of attention `[T, D]` and that of the
   * feed-forward `[T, D]`.
   */
  readonly dropout?: DropoutOptions;
  /** Selects the trained tensors by name; gradients of the others are zero. Default all. */
  readonly trains?: (name: string) => boolean;
}

export interface LossAndGradients {
  /** Mean over the counted tokens, in nats. */
  readonly loss: number;
  /** Number of counted tokens in the batch. */
  readonly counted: number;
  /**
   * dLoss / dWeight for every tensor. The gradient of a tied embedding is the sum over its two
   * uses.
   */
  readonly gradients: Weights;
}

/**
 * Returns the mean loss over all counted tokens of the batch, and its gradient for every weight.
 *
 * It is the mean over tokens, not over the means of rows: a token has the same weight in a short
 * row and in a long one.
 *
 * @throws {RangeError} on an example that does not fit the model, or if no token is counted
 */
export function lossAndGradients(
  { config, weights }: Pick<Model, "config" | "weights">,
  batch: readonly Example[],
  { dropout, trains = () => true }: GradientOptions = {},
): LossAndGradients {
  const rows = batch.map((example) => targetsOf(config, example));
  const counted = rows.flat().filter((target) => target !== IGNORED).length;
  if (counted === 0) throw new RangeError("loss: at least one token must count, got 0");
  const gradients = zerosLike(config, weights);
  const longest = Math.max(...rows.map(({ length }) => length));
  const pass: TrainingPass = {
    config,
    gradientOf: placesOf({ config, weights }, gradients, trains),
    dropout: dropout ?? null,
    turns: turnsOf(config, longest),
  };
  let total = 0;
  for (const [i, { tokens }] of batch.entries()) {
    const embedding = embed(pass, weights, tokens.slice(0, -1));
    const { out: logits, reverse } = blocksAndHead(pass, weights)(embedding.out);
    total += crossEntropy(logits, rows[i]);
    embedding.reverse(reverse(crossEntropyGradient(logits, rows[i], 1 / counted)));
  }
  return { loss: total / counted, counted, gradients };
}

/** The gradient array of each tensor: a tied head and the embedding share one. */
function placesOf(
  { config, weights }: Pick<Model, "config" | "weights">,
  gradients: Weights,
  trains: (name: string) => boolean,
): TrainingPass["gradientOf"] {
  const places = new Map<Float64Array, Float64Array>();
  for (const [i, { name, data }] of weights.tensors.entries()) {
    if (trains(name)) places.set(data, gradients.tensors[i].data);
  }
  const tied = config.tieWordEmbeddings ? places.get(weights.embedTokens) : undefined;
  if (tied !== undefined) places.set(weights.lmHead.weight, tied);
  return (tensor) => places.get(tensor) ?? null;
}

/** All pieces after the embedding: `[T, D]` to logits `[T, V]`. */
function blocksAndHead(pass: TrainingPass, weights: Weights): Piece {
  const { layers, norm: finalNorm, lmHead } = weights;
  return chain(
    dropout(pass),
    ...layers.flatMap((layer) => [
      residual(chain(norm(pass, layer.inputLayernorm), attention(pass, layer), dropout(pass))),
      residual(
        chain(norm(pass, layer.postAttentionLayernorm), feedForward(pass, layer), dropout(pass)),
      ),
    ]),
    ...(finalNorm === null ? [] : [norm(pass, finalNorm)]),
    linear(pass, lmHead, pass.config.hiddenSize),
  );
}

/** Returns zeros in the shape of the weights. */
function zerosLike(config: ModelConfig, { lora }: Weights): Weights {
  const zeros = (_: string, shape: readonly number[]) =>
    new Float64Array(shape.reduce((product, extent) => product * extent, 1));
  return buildWeights(config, zeros, lora);
}
