/** AdamW, the optimiser: what it does to numbers, knowing nothing of models. */
import type { Tensor } from "../model/weights.ts";

export interface AdamWOptions {
  /** How much of the first moment is kept at each step, in [0, 1). */
  readonly beta1: number;
  /** How much of the second moment is kept at each step, in [0, 1). */
  readonly beta2: number;
  /** Added to the root of the second moment, outside the root. */
  readonly epsilon: number;
  /** The share, times the learning rate, that is taken from what {@link decays} at each step. */
  readonly weightDecay: number;
}

/** Running means of the gradients and of their squares, as large as what is trained; at first 0. */
export interface Moments {
  readonly first: readonly Float64Array[];
  readonly second: readonly Float64Array[];
}

/** The moments before the first step. */
export function zeroMoments(tensors: readonly Tensor[]): Moments {
  const zeros = () => tensors.map(({ data }) => new Float64Array(data.length));
  return { first: zeros(), second: zeros() };
}

/**
 * Whether weight decay pulls at a tensor: at matrices, which are linear layers, embeddings and
 * adapters, and not at vectors, which are the gains and biases of norms and linear layers.
 *
 * @see nanoGPT, `configure_optimizers` in model.py: what has two dimensions or more
 */
export function decays({ shape }: Pick<Tensor, "shape">): boolean {
  return shape.length >= 2;
}

/**
 * Scales all gradients together so that their common Euclidean norm is at most `maxNorm`: each is
 * multiplied by `min(1, maxNorm / (norm + 1e-6))`. It comes before the moments see them.
 *
 * @param gradients changed in place; a norm below `maxNorm - 1e-6` leaves them alone, bit for bit
 * @returns the norm before
 * @throws {RangeError} when the norm is not finite: training has diverged
 * @see PyTorch, `torch.nn.utils.clip_grad_norm_`, whose 1e-6 this is
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
 *     w <- w (1 - lr decay)                    where it decays, before the gradient is looked at
 *     m <- beta1 m + (1 - beta1) g
 *     v <- beta2 v + (1 - beta2) g^2
 *     w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * The divisions by `1 - beta^t` undo that the moments begin at 0.
 *
 * @param tensors what is trained, changed in place
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
