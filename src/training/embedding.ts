import { addSinusoid } from "../math/positions.ts";
import type { Weights } from "../model/weights.ts";
import type { TrainingPass } from "./pass.ts";

/** The result of the embedding. It is the first piece, so its reverse returns nothing. */
export interface Embedding {
  /** `[T, D]` */
  readonly out: Float64Array;
  readonly reverse: (dOut: Float64Array) => void;
}

/**
 * `x[t] = E[token t]`, plus `P[t]` if positions are learned, or the sinusoid of t.
 *
 *     dE[v] = sum of dX[t] over all t with token v          dP[t] = dX[t]
 */
export function embed(pass: TrainingPass, weights: Weights, tokens: readonly number[]): Embedding {
  const { hiddenSize: D, positions } = pass.config;
  const { embedTokens, embedPositions } = weights;
  const out = new Float64Array(tokens.length * D);
  for (const [t, token] of tokens.entries()) {
    const row = out.subarray(t * D, (t + 1) * D);
    row.set(embedTokens.subarray(token * D, (token + 1) * D));
    if (positions === "sinusoidal") addSinusoid(row, t);
  }
  if (embedPositions !== null) for (let i = 0; i < out.length; i++) out[i] += embedPositions[i];
  const reverse = (dOut: Float64Array) => {
    const dTokens = pass.gradientOf(embedTokens);
    if (dTokens !== null) {
      for (const [t, token] of tokens.entries()) {
        for (let d = 0; d < D; d++) dTokens[token * D + d] += dOut[t * D + d];
      }
    }
    const dPositions = embedPositions && pass.gradientOf(embedPositions);
    if (dPositions !== null) for (let i = 0; i < dOut.length; i++) dPositions[i] += dOut[i];
  };
  return { out, reverse };
}
