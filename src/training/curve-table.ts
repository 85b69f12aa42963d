/** curve.csv: the loss in the course of a training. */
import { defineTable, integer, number, type RowOf } from "../io/table.ts";

export const curveTable = defineTable({
  file: "curve.csv",
  command: "npx causalgate train --model tiny --task sentences --out FOLDER",
  about: "The steps since the row before.",
  columns: {
    step: integer("steps so far"),
    tokens: integer("tokens trained on so far"),
    loss: number("mean loss of the tokens trained on, in nats per token"),
    held_out_loss: number("mean loss of tokens that are not trained on, in nats per token"),
    learning_rate: number("learning rate of the last step"),
    gradient_norm: number("largest norm of a gradient before clipping"),
  },
});

export type CurveRow = RowOf<typeof curveTable>;
