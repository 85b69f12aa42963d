import { grouped } from "../../io/numbers.ts";
import type { Tables } from "../tables.ts";
import { barsPanel } from "./bars.ts";
import { type Draft, type Heading, missingFigure, paragraph, sourceOf } from "./figure.ts";

const heading: Heading = {
  id: "forward",
  question: "What does a forward pass go through, and how large is each step?",
};

/** The shapes of one forward pass, with a bar for the count of numbers in each. */
export function forward({ forward: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "A forward pass", "forward");
  const { rows } = table;
  const shapeOf = (shape: string) => `(${shape.replaceAll("x", ", ")})`;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const logits = rows.find(({ step }) => step === "Logits");
  return {
    ...heading,
    title: `From ${grouped(first.numbers)} token ids to ${grouped(last.numbers)} probabilities`,
    caption: [
      paragraph(
        `The shapes of one forward pass of ${first.model}, as they were observed in a run.`,
        "B is the number of sequences, T their tokens, D the width, V the size of the vocabulary.",
      ),
      ...(logits === undefined
        ? []
        : [
            `Of ${grouped(logits.numbers)} logits the next token needs only the last row, ${grouped(last.numbers)}.`,
          ]),
    ],
    sources: [sourceOf(table, ["step", "symbols", "shape", "numbers"])],
    missing: null,
    panels: [
      barsPanel({
        title: "Numbers in each step, and their shape",
        bars: rows.map(({ step, shape, numbers, symbols }) => ({
          name: step,
          numbers,
          label: `${shapeOf(shape)} = ${symbols}`,
        })),
        column: "numbers",
        most: 2.6 * Math.max(...rows.map(({ numbers }) => numbers)),
      }),
    ],
  };
}
