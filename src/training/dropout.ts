import { dropout as drop } from "../math/dropout.ts";
import type { TrainingPass } from "./pass.ts";
import type { Piece } from "./step.ts";

/**
 * Dropout of every entry: `y = m x` and `dX = m dY`, with the same mask m. The identity if the pass
 * has no dropout.
 */
export function dropout({ dropout: options }: TrainingPass): Piece {
  return (x) => {
    if (options === null) return { out: x, reverse: (dOut) => dOut };
    const { row, mask } = drop(x, options.probability, options.random);
    return { out: row, reverse: (dOut) => dOut.map((d, i) => d * mask[i]) };
  };
}
