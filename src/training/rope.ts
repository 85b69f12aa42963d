import { rotate } from "../math/positions.ts";
import type { TrainingPass, Turn } from "./pass.ts";
import type { Piece } from "./step.ts";

/**
 * Rotary position embedding of every head of every row; without RoPE the identity.
 *
 *     y = R(t) x          dX = R(t)^T dY = R(-t) dY
 *
 * @param width of one row, `heads * H`
 * @see Su et al. 2021, "RoFormer", equation 34
 */
export function rope({ config, turns }: TrainingPass, width: number): Piece {
  const { headDim: H, ropeLayout } = config;
  if (turns === null) return (x) => ({ out: x, reverse: (dOut) => dOut });
  const turned = (rows: Float64Array, turnAt: (t: number) => Turn) => {
    const result = rows.slice();
    for (let t = 0; t < rows.length / width; t++) {
      const { cos, sin } = turnAt(t);
      rotate(result.subarray(t * width, (t + 1) * width), H, cos, sin, ropeLayout);
    }
    return result;
  };
  return (x) => ({
    out: turned(x, (t) => turns[t]),
    reverse: (dOut) => turned(dOut, (t) => back(turns[t])),
  });
}

/** Returns the opposite rotation. */
function back({ cos, sin }: Turn): Turn {
  return { cos, sin: sin.map((value) => -value) };
}
