/** The AdamW optimiser, on tensors, independent of models. */
import type { Tensor } from "../model/weights.ts";

export interface AdamWOptions {
  /** Decay of the first moment at each step, in [0, 1). */
  readonly beta1: number;
  /** Decay of the second moment at each step, in [0, 1). */
  readonly beta2: number;
  /** Added to the root of the second moment, outside the root. */
  readonly epsilon: number;
  /** Share, times the learning rate, subtracted from tensors that {@link decays} at each step. */
  readonly weightDecay: number;
}

/** Running means of the gradients and of their squares, for every trained tensor; initially 0. */
export interface Moments {
  readonly first: readonly Float64Array[];
  readonly second: readonly Float64Array[];
}

/** Returns the moments before the first step. */
export function zeroMoments(tensors: readonly Tensor[]): Moments {
  const zeros = () => tensors.map(({ data }) => new Float64Array(data.length));
  return { first: zeros(), second: zeros() };
}

/**
 * Returns true for a tensor with weight decay: matrices (linear layers, embeddings, adapters), not
 * vectors (gains and biases of norms and linear layers).
 *
 * @see nanoGPT, `configure_optimizers` in model.py: tensors of two dimensions or more
 */
export function decays({ shape }: Pick<Tensor, "shape">): boolean {
  return shape.length >= 2;
}

/**
 * Scales all gradients together so that their common Euclidean norm is at most `maxNorm`: each is
 * multiplied by `min(1, maxNorm / (norm + 1e-6))`. It is applied before the moments are updated.
 *
 * @param gradients changed in place; unchanged, bit for bit, for a norm below `maxNorm - 1e-6`
 * @returns the norm before clipping
 * @throws {RangeError} if the norm is not finite: training has diverged
 * @see PyTorch, `torch.nn.utils.clip_grad_norm_`, the source of 1e-6
 */
export function clipGradients(gradients: readonly Tensor[], maxNorm: number): number {
  let squares = 0;
  for (const { data } of gradients) {
    for (let i = 0; i < data.length; i++) squares += data[i] * data[i];
  }
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) {
    throw new RangeError(`clipGradients: the norm of the gradients must be finite, got ${norm}`);
  }
  const scale = Math.min(1, maxNorm / (norm + 1e-6));
  if (scale === 1) return norm;
  for (const { data } of gradients) {
    for (let i = 0; i < data.length; i++) data[i] *= scale;
  }
  return norm;
}

/**
 * One step of AdamW on every tensor:
 *
 *     w <- w (1 - lr decay)                    if it decays, before the gradient is used
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g^2
 *     w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * The divisions by `1 - beta^t` correct for moments that begin at 0.
 *
 * @param tensors the trained tensors, changed in place
 * @param gradients one for each tensor, in the same order
 * @param moments changed in place
 * @param step t, from 1
 * @see Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2
 */
export function adamWStep(
  tensors: readonly Tensor[],
  gradients: readonly Tensor[],
  moments: Moments,
  step: number,
  learningRate: number,
  options: AdamWOptions,
): void {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const rate = learningRate / (1 - beta1 ** step);
  const root = Math.sqrt(1 - beta2 ** step);
  for (const [at, tensor] of tensors.entries()) {
    const gradient = gradients[at];
    if (gradient?.name !== tensor.name || gradient.data.length !== tensor.data.length) {
      const got = gradient === undefined ? "none" : `${gradient.name}, [${gradient.shape}]`;
      const must = `must have its gradient, [${tensor.shape}]`;
      throw new RangeError(`adamWStep: ${tensor.name} ${must}, got ${got}`);
    }
    const { data: w } = tensor;
    const { data: g } = gradient;
    const m = moments.first[at];
    const v = moments.second[at];
    const keep = decays(tensor) ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < w.length; i++) {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
      w[i] = w[i] * keep - (rate * m[i]) / (Math.sqrt(v[i]) / root + epsilon);
    }
  }
}
