import { attentionFinding, prefixFinding, sentence } from "../findings.ts";
import type { Tables } from "../tables.ts";
import { type Draft, type Heading, missingFigure, paragraph, sourceOf } from "./figure.ts";
import { colour } from "./theme.ts";

const heading: Heading = {
  id: "causality",
  question: "Can a token change the logits of the tokens before it?",
};

/** Height of the axis relative to the tallest bar, with room for its number. */
const headroom = 1.2;

/** Two texts with one prefix, compared by position, and the attention of one head. */
export function causality({ causality: compared, attention }: Tables): Draft {
  const rows = compared?.rows ?? [];
  const prefix = rows.filter(({ in_prefix }) => in_prefix);
  const rest = rows.filter(({ in_prefix }) => !in_prefix);
  if (!compared || !attention || prefix.length === 0 || rest.length === 0) {
    return missingFigure(heading, "The causal property", "causality", "attention");
  }
  const isExact =
    prefix.every(({ largest_difference }) => largest_difference === 0) &&
    attention.rows.every((row) => row.key_position <= row.query_position || row.probability === 0);
  const { layer, head } = attention.rows[0];
  return {
    ...heading,
    title: isExact
      ? "The future is invisible: logits of a shared prefix are equal to the last bit"
      : "THE FUTURE LEAKS: logits of a shared prefix differ",
    caption: [
      paragraph(...prefixFinding(rows).map((finding) => sentence(finding))),
      sentence(attentionFinding(attention.rows)),
    ],
    sources: [
      sourceOf(compared, ["position", "in_prefix", "largest_difference"]),
      sourceOf(attention, ["query_position", "key_position", "probability"]),
    ],
    missing: null,
    panels: [
      { title: "Two continuations of one prefix", height: 230, spec: differences(rows) },
      {
        title: `Attention of head ${head} in layer ${layer}, in percent`,
        height: 370,
        spec: pattern(attention.rows),
      },
    ],
  };
}

function differences(
  rows: NonNullable<Tables["causality"]>["rows"],
): Draft["panels"][number]["spec"] {
  const values = rows.map(({ position, in_prefix, largest_difference }) => ({
    position,
    largest_difference,
    group: in_prefix ? "shared prefix" : "tokens differ",
    label: largest_difference === 0 ? "0" : largest_difference.toPrecision(3),
  }));
  return {
    data: { values },
    encoding: {
      x: {
        field: "position",
        type: "ordinal",
        axis: { title: "position", labelAngle: 0, ticks: false },
      },
      y: {
        field: "largest_difference",
        type: "quantitative",
        scale: { domainMax: headroom * Math.max(...rows.map((row) => row.largest_difference)) },
        axis: { title: "largest difference of any logit", tickCount: 4 },
      },
    },
    layer: [
      {
        mark: { type: "bar", color: colour("vermilion"), width: { band: 0.55 } },
      },
      {
        mark: { type: "text", dy: -10, fontWeight: 600 },
        encoding: { text: { field: "label" } },
      },
    ],
  };
}

function pattern(rows: NonNullable<Tables["attention"]>["rows"]): Draft["panels"][number]["spec"] {
  const values = rows.map(({ query_position, key_position, probability }) => ({
    query_position,
    key_position,
    probability,
    label: probability === 0 ? "" : String(Math.round(100 * probability)),
  }));
  return {
    data: { values },
    encoding: {
      x: {
        field: "key_position",
        type: "ordinal",
        axis: { title: "attended position", labelAngle: 0, ticks: false, domain: false },
      },
      y: {
        field: "query_position",
        type: "ordinal",
        axis: { title: "position that attends" },
      },
    },
    layer: [
      {
        mark: { type: "rect", color: colour("blue"), stroke: colour("line"), strokeWidth: 1 },
        encoding: {
          fillOpacity: {
            field: "probability",
            type: "quantitative",
            scale: { domain: [0, 1], range: [0, 0.6] },
            legend: null,
          },
        },
      },
      { mark: { type: "text" }, encoding: { text: { field: "label" } } },
    ],
  };
}
