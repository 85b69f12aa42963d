import { grouped } from "../../io/numbers.ts";
import type { Tables } from "../tables.ts";
import { barsPanel } from "./bars.ts";
import { type Draft, type Heading, missingFigure, sourceOf } from "./figure.ts";

const heading: Heading = {
  id: "parameters",
  question: "Where are the parameters of a public model?",
};

/** Parameters by component, a panel for each model, all on one scale. */
export function parameters({ parameters: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "Parameters by component", "parameters");
  const parts = table.rows.filter(({ component }) => component !== "total");
  const largest = Math.max(...parts.map((row) => Number(row.parameters)));
  const models = [...Map.groupBy(table.rows, ({ title }) => title)].flatMap(([title, rows]) => {
    const of = (component: string) => rows.find((row) => row.component === component);
    const [total, embedding, feedForward] = ["total", "embedding", "feed-forward"].map(of);
    if (!total || !embedding || !feedForward) return [];
    return [{ title, rows, embedding, feedForward, total: total.parameters }];
  });
  if (models.length === 0) return missingFigure(heading, "Parameters by component", "parameters");
  const shares = models.map(({ feedForward }) => feedForward.share);
  const ends = [Math.min(...shares), Math.max(...shares)].map((share) => Math.round(100 * share));
  return {
    ...heading,
    title: `The feed-forward layers hold ${ends.join(" to ")} % of all parameters`,
    caption: models.map(({ title, embedding: { parameters, share }, total }) => {
      const saved = `${grouped(parameters)} (${(100 * share).toFixed(1)} %)`;
      return `${title}: ${grouped(total)} parameters; a tied head would save ${saved}.`;
    }),
    sources: [sourceOf(table, ["title", "component", "parameters", "share"])],
    missing: null,
    panels: models.map(({ title, rows, total }) =>
      barsPanel({
        title: `${title}: ${grouped(total)} parameters`,
        bars: rows
          .filter(({ component }) => component !== "total")
          .map(({ component, parameters, share }) => ({
            name: component,
            parameters: Number(parameters),
            share,
            label: `${short(parameters)}, ${(100 * share).toFixed(share < 0.001 ? 3 : 1)} %`,
          })),
        column: "parameters",
        most: 1.75 * largest,
      }),
    ),
  };
}

/** Returns, for example, `4.33 G`, `131 M` or `266 k`. */
function short(value: bigint): string {
  const [unit, size] =
    value >= 1_000_000_000n ? ["G", 1e9] : value >= 1_000_000n ? ["M", 1e6] : ["k", 1e3];
  return `${(Number(value) / Number(size)).toPrecision(3)} ${unit}`;
}
