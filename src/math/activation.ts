import { erf } from "./erf.ts";

/** Activations of a feed-forward layer with two matrices. */
export type Activation = "gelu" | "gelu_tanh" | "relu";

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/**
 * The activations of a two-matrix feed-forward layer: ReLU, `max(0, x)`; GELU, `x Phi(x)`, with the
 * error function; and GPT-2's approximation of it by a tanh.
 *
 * @see Hendrycks and Gimpel 2016, "Gaussian Error Linear Units"
 */
const activations: Record<Activation, (x: number) => number> = {
  relu: (x) => Math.max(0, x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x))),
};

/** Applies an activation to every entry, in place. */
export function activate(x: Float64Array, kind: Activation): void {
  const activation = activations[kind];
  for (let f = 0; f < x.length; f++) x[f] = activation(x[f]);
}

/**
 * SwiGLU's product, into `up`: `silu(gate) * up`, where `silu(x) = x / (1 + e^-x)`.
 *
 * @see Shazeer 2020, "GLU Variants Improve Transformer"
 */
export function gateSilu(up: Float64Array, gate: Float64Array): void {
  for (let f = 0; f < up.length; f++) up[f] *= gate[f] / (1 + Math.exp(-gate[f]));
}
