import type { Linear, LowRank } from "../model/weights.ts";
import { multiplyAdd, rowsOf, transposed } from "./multiply.ts";
import type { TrainingPass } from "./pass.ts";
import { addRows, type Piece, type PieceResult } from "./step.ts";

/**
 * `Y = X W^T + b`, with an adapter `+ (alpha / r) (X A^T) B^T`.
 *
 *     dX = dY W          dW = dY^T X          db = sum of the rows of dY
 *
 * The gradient of a frozen tensor is not computed.
 *
 * @param layer W is `[O, I]`, X `[T, I]`, Y `[T, O]`
 */
export function linear(pass: TrainingPass, layer: Linear, inputSize: number): Piece {
  const { weight, bias, lora } = layer;
  const I = inputSize;
  const O = weight.length / I;
  return (x) => {
    const T = x.length / I;
    const out = new Float64Array(T * O);
    if (bias !== null) for (let row = 0; row < out.length; row += O) out.set(bias, row);
    multiplyAdd(out, rowsOf(x, I), transposed(rowsOf(weight, I)), [T, O, I]);
    const adapter = lora === null ? null : addLowRank(pass, lora, x, out, [T, O, I]);
    const reverse: PieceResult["reverse"] = (dOut) => {
      const dX = new Float64Array(T * I);
      multiplyAdd(dX, rowsOf(dOut, O), rowsOf(weight, I), [T, I, O]);
      const dWeight = pass.gradientOf(weight);
      if (dWeight !== null) {
        multiplyAdd(dWeight, transposed(rowsOf(dOut, O)), rowsOf(x, I), [O, I, T]);
      }
      const dBias = bias && pass.gradientOf(bias);
      if (dBias !== null) addRows(dBias, dOut);
      adapter?.(dOut, dX);
      return dX;
    };
    return { out, reverse };
  };
}

/**
 * Adds `S B^T` to `out`, where `S = (alpha / r) U` and `U = X A^T` are `[T, r]`.
 *
 *     dU = (alpha / r) dY B          dB = dY^T S          dA = dU^T X          dX = dU A
 *
 * @returns the reverse, which adds to dX
 * @see Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1
 */
function addLowRank(
  pass: TrainingPass,
  { rank, alpha, a, b }: LowRank,
  x: Float64Array,
  out: Float64Array,
  [T, O, I]: readonly [number, number, number],
): (dOut: Float64Array, dX: Float64Array) => void {
  const scale = alpha / rank;
  const scaled = new Float64Array(T * rank);
  multiplyAdd(scaled, rowsOf(x, I), transposed(rowsOf(a, I)), [T, rank, I]);
  for (let i = 0; i < scaled.length; i++) scaled[i] *= scale;
  multiplyAdd(out, rowsOf(scaled, rank), transposed(rowsOf(b, rank)), [T, O, rank]);
  return (dOut, dX) => {
    const dLow = new Float64Array(T * rank);
    multiplyAdd(dLow, rowsOf(dOut, O), rowsOf(b, rank), [T, rank, O]);
    for (let i = 0; i < dLow.length; i++) dLow[i] *= scale;
    const dB = pass.gradientOf(b);
    if (dB !== null) {
      multiplyAdd(dB, transposed(rowsOf(dOut, O)), rowsOf(scaled, rank), [O, rank, T]);
    }
    const dA = pass.gradientOf(a);
    if (dA !== null) multiplyAdd(dA, transposed(rowsOf(dLow, rank)), rowsOf(x, I), [rank, I, T]);
    multiplyAdd(dX, rowsOf(dLow, rank), rowsOf(a, I), [T, I, rank]);
  };
}
