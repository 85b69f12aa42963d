/** The table of `causalgate train`. */
import { each, integer, number } from "./cell-types.ts";
import { schema } from "./schema.ts";

/** The loss in nats a token, of the rows trained on and of rows never seen. */
export const curve = schema(
  "curve.csv",
  "npx causalgate train --model tiny --task sentences --out FOLDER",
  ["step", "tokens", "loss", "held_out_loss", "learning_rate", "gradient_norm"],
  {
    ...each(integer, "step", "tokens"),
    ...each(number, "loss", "held_out_loss", "learning_rate", "gradient_norm"),
  },
);
