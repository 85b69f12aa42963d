import type { Tables } from "../tables.ts";
import {
  type Draft,
  type Heading,
  missingFigure,
  type Panel,
  paragraph,
  sourceOf,
} from "./figure.ts";
import { colour } from "./theme.ts";

const heading: Heading = {
  id: "thresholds",
  question: "Up to which size do the laws detect a bug that acts only above it?",
};

type Rows = NonNullable<Tables["thresholds"]>["rows"];

/** Number of survivors that the caption names. */
const named = 6;

/** The share of the bugs detected, for each part of a decoder and each threshold. */
export function thresholds({ thresholds: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "Bugs above a size", "thresholds");
  const { rows } = table;
  const killed = rows.filter(({ status }) => status === "killed");
  const byChecks = killed.filter(({ kind }) => kind === "check").length;
  const left = rows.filter(({ status }) => status !== "killed");
  const whole = largestDetected(rows);
  return {
    ...heading,
    title: `${killed.length} of ${rows.length} bugs above a size are detected`,
    caption: [
      paragraph(
        "Each bug changes nothing up to its threshold: a table of 64 positions, a batch kernel of 256 rows.",
        `The same ${new Set(rows.map(({ mechanism }) => mechanism)).size} bugs are planted at several thresholds.`,
        `A law detects ${killed.length - byChecks} of them, a check of a loader ${byChecks}.`,
      ),
      whole === null
        ? "At no threshold are all of the bugs detected."
        : `All bugs with a threshold of up to ${whole} are detected.`,
      ...(left.length === 0 ? [] : [survivorsText(left)]),
    ],
    sources: [sourceOf(table, ["chapter", "threshold", "mechanism", "status", "detected_by"])],
    missing: null,
    panels: [panel(rows)],
  };
}

/** Returns the largest threshold up to which every bug is detected; null if there is none. */
function largestDetected(rows: Rows): number | null {
  const all = [...new Set(rows.map(({ threshold }) => threshold))].sort((a, b) => a - b);
  const failing = all.findIndex((threshold) =>
    rows.some((row) => row.threshold === threshold && row.status !== "killed"),
  );
  return all[failing < 0 ? all.length - 1 : failing - 1] ?? null;
}

function survivorsText(left: Rows): string {
  const names = left.slice(0, named).map(({ mutant, bug }) => `${mutant} (${bug})`);
  const more = left.length > named ? `, and ${left.length - named} more` : "";
  return `Undetected: ${names.join("; ")}${more}.`;
}

function panel(rows: Rows): Panel {
  const cells = Map.groupBy(rows, ({ chapter, threshold }) => `${chapter} ${threshold}`);
  const values = [...cells.values()].map((group) => {
    const [{ chapter, threshold }] = group;
    const killed = group.filter(({ status }) => status === "killed").length;
    return {
      chapter,
      threshold,
      label: `${killed} / ${group.length}`,
      state: killed === group.length ? "all" : "some",
    };
  });
  const chapters = new Set(rows.map(({ chapter }) => chapter));
  return {
    title: "Bugs detected, by part and threshold",
    height: 30 * chapters.size + 60,
    spec: {
      data: { values },
      encoding: {
        x: {
          field: "threshold",
          type: "ordinal",
          axis: {
            title: "largest size with the right result",
            orient: "top",
            labelAngle: 0,
            labelColor: colour("ink"),
            ticks: false,
            domain: false,
            grid: false,
          },
        },
        y: {
          field: "chapter",
          type: "nominal",
          sort: null,
          axis: { title: null, labelColor: colour("ink") },
        },
      },
      layer: [
        {
          mark: { type: "rect", stroke: colour("line"), strokeWidth: 1, fillOpacity: 0.3 },
          encoding: {
            fill: {
              field: "state",
              type: "nominal",
              scale: { domain: ["all", "some"], range: [colour("blue"), colour("vermilion")] },
              legend: null,
            },
          },
        },
        { mark: { type: "text" }, encoding: { text: { field: "label" } } },
      ],
    },
  };
}
