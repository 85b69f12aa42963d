import type { Norm } from "../model/weights.ts";
import type { TrainingPass } from "./pass.ts";
import { addRows, type Piece, type PieceResult } from "./step.ts";

/**
 * A norm of every row. With `n = (x - c) s`, where `s = 1 / sqrt(mean((x - c)^2) + eps)`, and c the
 * mean of the row in LayerNorm, 0 in RMSNorm:
 *
 *     y = g n + b          dg = sum of dy n          db = sum of dy
 *     dx = s (h - mean(h) - n mean(h n)),  h = g dy          mean(h) only if c is the mean
 *
 * c and s depend on the whole row: the two means are the gradients through them.
 *
 * @param gain LayerNorm if it has a bias; rows are as wide as its weight
 * @see Ba, Kiros and Hinton 2016, "Layer Normalization"; Zhang and Sennrich 2019, "Root Mean Square
 *   Layer Normalization"
 */
export function norm(pass: TrainingPass, gain: Norm): Piece {
  const { weight, bias } = gain;
  const D = weight.length;
  return (x) => {
    const out = new Float64Array(x.length);
    const normed = new Float64Array(x.length);
    const scales = new Float64Array(x.length / D);
    for (let t = 0, row = 0; row < x.length; t++, row += D) {
      let centre = 0;
      if (bias !== null) for (let i = 0; i < D; i++) centre += x[row + i] / D;
      let squares = 0;
      for (let i = 0; i < D; i++) squares += (x[row + i] - centre) * (x[row + i] - centre);
      scales[t] = 1 / Math.sqrt(squares / D + pass.config.normEps);
      for (let i = 0; i < D; i++) {
        normed[row + i] = (x[row + i] - centre) * scales[t];
        out[row + i] = weight[i] * normed[row + i] + (bias === null ? 0 : bias[i]);
      }
    }
    return { out, reverse: reverse(pass, gain, normed, scales) };
  };
}

/** @param normed n, `[T, D]` @param scales s, `[T]` */
function reverse(
  pass: TrainingPass,
  { weight, bias }: Norm,
  normed: Float64Array,
  scales: Float64Array,
): PieceResult["reverse"] {
  const D = weight.length;
  return (dOut) => {
    const dX = new Float64Array(dOut.length);
    for (let t = 0, row = 0; row < dOut.length; t++, row += D) {
      let meanH = 0;
      let meanHN = 0;
      for (let i = 0; i < D; i++) {
        const h = weight[i] * dOut[row + i];
        if (bias !== null) meanH += h / D;
        meanHN += (h * normed[row + i]) / D;
      }
      for (let i = 0; i < D; i++) {
        const h = weight[i] * dOut[row + i];
        dX[row + i] = scales[t] * (h - meanH - normed[row + i] * meanHN);
      }
    }
    const dWeight = pass.gradientOf(weight);
    if (dWeight !== null) {
      for (let row = 0; row < dOut.length; row += D) {
        for (let i = 0; i < D; i++) dWeight[i] += dOut[row + i] * normed[row + i];
      }
    }
    const dBias = bias && pass.gradientOf(bias);
    if (dBias !== null) addRows(dBias, dOut);
    return dX;
  };
}
