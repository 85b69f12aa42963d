import { activate } from "../math/activation.ts";
import { erf } from "../math/erf.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LayerWeights } from "../model/weights.ts";
import { linear } from "./linear.ts";
import type { TrainingPass } from "./pass.ts";
import { chain, type Piece, sum } from "./step.ts";

type Plain = Exclude<ModelConfig["feedForward"], "swiglu">;

/** `down(act(up(x)))`, and for SwiGLU `down(silu(gate(x)) * up(x))`. */
export function feedForward(pass: TrainingPass, layer: LayerWeights): Piece {
  const { hiddenSize: D, intermediateSize: F, feedForward: kind } = pass.config;
  const up = linear(pass, layer.upProj, D);
  const down = linear(pass, layer.downProj, F);
  if (kind !== "swiglu") return chain(up, activation(kind), down);
  return chain(gated(linear(pass, layer.gateProj!, D), up), down);
}

/** `y = act(x)`, `dX = act'(x) dY`. */
function activation(kind: Plain): Piece {
  const slope = slopes[kind];
  return (x) => {
    const out = x.slice();
    activate(out, kind);
    return { out, reverse: (dOut) => dOut.map((d, i) => d * slope(x[i])) };
  };
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/**
 * The derivatives of the activations, with Phi and phi the standard normal distribution and its
 * density: of GELU, `Phi(x) + x phi(x)`; of its approximation `x (1 + tanh u) / 2` the product rule
 * with `u' = sqrt(2 / pi) (1 + 3 * 0.044715 x^2)`. That of ReLU is 0 at 0, as is usual.
 */
const slopes: Record<Plain, (x: number) => number> = {
  relu: (x) => (x > 0 ? 1 : 0),
  gelu: (x) =>
    0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  gelu_tanh: (x) => {
    const tanh = Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x));
    const inner = SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x);
    return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
  },
};

/**
 * SwiGLU's product `y = silu(g) u` of two projections of one x, where `silu(g) = g s(g)` and s is
 * the logistic function:
 *
 *     du = silu(g) dY          dg = u s(g) (1 + g (1 - s(g))) dY          dX from both
 *
 * @see Shazeer 2020, "GLU Variants Improve Transformer"
 */
function gated(gate: Piece, up: Piece): Piece {
  return (x) => {
    const [g, u] = [gate(x), up(x)];
    const s = g.out.map((value) => 1 / (1 + Math.exp(-value)));
    const out = u.out.map((value, i) => value * g.out[i] * s[i]);
    return {
      out,
      reverse: (dOut) => {
        const dUp = dOut.map((d, i) => d * g.out[i] * s[i]);
        const dGate = dOut.map((d, i) => d * u.out[i] * s[i] * (1 + g.out[i] * (1 - s[i])));
        return sum(g.reverse(dGate), u.reverse(dUp));
      },
    };
  };
}
