import { grouped } from "../../io/numbers.ts";
import type { Tables } from "../tables.ts";
import { type Curve, type CurveLabel, curvesSpec } from "./curves.ts";
import {
  type Draft,
  type Heading,
  missingFigure,
  type Panel,
  paragraph,
  sourceOf,
} from "./figure.ts";

const heading: Heading = {
  id: "intensity",
  question: "How many FLOPs does a byte of memory traffic pay for?",
};

/** Intensity of prefill by context and decode by batch, exact and by the assignment's formulas. */
export function intensity({ intensity: exact, assignmentIntensity: assigned }: Tables): Draft {
  if (exact === undefined || assigned === undefined) {
    return missingFigure(heading, "Arithmetic intensity", "intensity", "assignmentIntensity");
  }
  const rowsOf = (phase: string, level: string) =>
    exact.rows.filter((row) => row.phase === phase && row.level === level);
  const ofHead = (phase: string) => assigned.rows.filter((row) => row.phase === phase);
  const decode = rowsOf("decode", "step");
  const [one, many] = [decode[0], decode[decode.length - 1]];
  const attention = rowsOf("decode", "attention");
  const head = ofHead("prefill");
  const long = head[head.length - 1];
  if (one === undefined || attention.length === 0 || long === undefined) {
    return missingFigure(heading, "Arithmetic intensity", "intensity", "assignmentIntensity");
  }
  const limit = long.head_dim / long.dtype_bytes;
  const times = (rows: typeof decode) => Number(rows[rows.length - 1].ai) / Number(rows[0].ai);
  const fixed = (value: number | null) => Number(value).toFixed(2);
  return {
    ...heading,
    title: `Decoding ${many.batch} sequences at once does ${times(decode).toFixed(0)} times the FLOPs per byte, its attention ${times(attention).toFixed(1)} times`,
    caption: [
      paragraph(
        `${one.model}, ${assigned.rows[0].dtype_bytes} bytes a number; decode at a context of ${one.context}.`,
        `Decoding one sequence does ${fixed(one.ai)} FLOPs a byte, ${many.batch} together ${fixed(many.ai)}.`,
        "They share the weights, but each sequence has a cache of its own:",
        `its attention does ${fixed(attention[0].ai)} FLOPs a byte alone and ${fixed(attention.at(-1)!.ai)} together.`,
      ),
      paragraph(
        `The formulas of the assignment send the scores to memory: prefill never exceeds d/b = ${limit} FLOPs a byte.`,
        `At a context of ${grouped(long.context)} it does ${fixed(long.ai)}. Scores on the chip have no such limit.`,
      ),
    ],
    sources: [
      sourceOf(exact, ["phase", "level", "context", "batch", "ai"], "level step and attention"),
      sourceOf(assigned, ["phase", "context", "head_dim", "batch", "dtype_bytes", "ai"]),
    ],
    missing: null,
    panels: [
      panel("prefill", "context", "Prefill, by context", [
        { row: 3, side: "above" },
        { row: 3, side: "below" },
        { row: 2, side: "below" },
      ]),
      panel("decode", "batch", "Decode, by batch", [
        { row: 5, side: "above" },
        { row: 7, side: "below", align: "right" },
        { row: 7, side: "above", align: "right" },
      ]),
    ],
  };

  function panel(
    phase: "prefill" | "decode",
    x: "context" | "batch",
    title: string,
    labels: readonly CurveLabel[],
  ): Panel {
    const parts = [
      { name: "whole step", look: "plain", rows: rowsOf(phase, "step") },
      { name: "attention, scores on chip", look: "cached", rows: rowsOf(phase, "attention") },
      { name: "attention, assignment", look: "naive", rows: ofHead(phase) },
    ] as const;
    const curves = parts.map(
      ({ name, look, rows }, i): Curve => ({
        name,
        look,
        rows: rows.map((row) => ({ [x]: row[x], ai: row.ai })),
        y: "ai",
        label: labels[i],
      }),
    );
    return {
      title,
      height: 290,
      spec: curvesSpec(curves, x, {
        x: {
          title: x === "context" ? "tokens of the context" : "sequences at once",
          log: true,
          values: parts[0].rows.map((row) => row[x]).filter((_, i) => i % 2 === 0),
        },
        y: { title: "FLOPs per byte", log: true },
      }),
    };
  }
}
