import { grouped } from "../../io/numbers.ts";
import type { Tables } from "../tables.ts";
import { type Curve, curvesSpec } from "./curves.ts";
import { type Draft, type Heading, missingFigure, paragraph, sourceOf } from "./figure.ts";

const heading: Heading = {
  id: "training",
  question: "What does the model of 20 words learn, and how fast?",
};

/** The loss on training rows and on held-out rows, by the number of training tokens. */
export function training({ curve: table }: Tables): Draft {
  if (table === undefined || table.rows.length < 2) {
    return missingFigure(heading, "Training", "curve");
  }
  const { rows } = table;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const values = rows.map(({ tokens, loss, held_out_loss }) => ({ tokens, loss, held_out_loss }));
  const row = Math.floor(rows.length / 2);
  const curves: Curve[] = [
    {
      name: "trained on",
      look: "naive",
      rows: values,
      y: "loss",
      label: { row, side: "above", align: "left" },
    },
    {
      name: "never seen",
      look: "cached",
      rows: values,
      y: "held_out_loss",
      label: { row, side: "below", align: "right" },
    },
  ];
  const unseen = ({ held_out_loss }: typeof last) => held_out_loss.toPrecision(3);
  return {
    ...heading,
    title: `${grouped(last.tokens)} tokens bring the loss on unseen text to ${unseen(last)} nats`,
    caption: [
      paragraph(
        `Cross-entropy in nats a token, over ${grouped(last.step)} steps of training.`,
        `On text never seen it is ${unseen(first)} after ${grouped(first.tokens)} tokens, ${unseen(last)} at the end.`,
        `Over the last steps the loss on the text trained on is ${last.loss.toPrecision(3)}.`,
      ),
    ],
    sources: [sourceOf(table, ["tokens", "loss", "held_out_loss"])],
    missing: null,
    panels: [
      {
        title: "Loss by tokens trained on",
        height: 300,
        spec: curvesSpec(curves, "tokens", {
          x: { title: "tokens trained on", log: false, format: "~s" },
          y: { title: "nats a token", log: false },
        }),
      },
    ],
  };
}
