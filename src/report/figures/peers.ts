import type { PeerRow } from "../../bench/peers-table.ts";
import { grouped, significant } from "../../io/numbers.ts";
import { differsFromOne, withInterval } from "../findings.ts";
import type { Tables } from "../tables.ts";
import { barsPanel } from "./bars.ts";
import {
  type Draft,
  type Heading,
  missingFigure,
  type Panel,
  paragraph,
  sourceOf,
} from "./figure.ts";

const heading: Heading = {
  id: "peers",
  question: "How fast is the same model on independent engines?",
};

/** A row with a time. */
type TimedRow = PeerRow & { readonly median_ms: number };

/** Decode and prefill at the longest length, on every engine, for the first and the last model. */
export function peers({ peers: table }: Tables): Draft {
  if (table === undefined) return missingFigure(heading, "Engines side by side", "peers");
  const models = [...new Set(table.rows.map(({ model }) => model))];
  const shown = [...new Set([models[0], models[models.length - 1]])];
  const groups = shown.flatMap((model) =>
    (["decode", "prefill"] as const).flatMap((task) => {
      const rows = table.rows.filter((row) => row.model === model && row.task === task);
      const longest = Math.max(...rows.map(({ prompt_len }) => prompt_len));
      const timed = rows.flatMap((row): TimedRow[] => {
        const { prompt_len, median_ms } = row;
        return prompt_len === longest && median_ms !== null ? [{ ...row, median_ms }] : [];
      });
      return timed.length === 0 ? [] : [timed];
    }),
  );
  if (groups.length === 0) return missingFigure(heading, "Engines side by side", "peers");
  const without = table.rows.filter(({ median_ms }) => median_ms === null);
  return {
    ...heading,
    title: groups.slice(0, 1).map(titleOf).join(),
    caption: [
      paragraph(
        "Bars are medians, one thread each.",
        "The factor after a median is its quotient by the median of the reference.",
        "Whether it differs from 1 is decided by the ratios of pairs of runs in peers.csv.",
        "Every engine gave the reference's logits before it was timed, and its tokens in every run.",
      ),
      paragraph(...groups.map(described)),
      ...[...new Set(without.map(({ engine, status }) => `${engine}: ${status}.`))],
    ],
    sources: [
      sourceOf(
        table,
        ["model", "task", "engine", "median_ms", "ratio_ci_lo", "ratio_ci_hi", "verdict"],
        `the longest prompt_len of tasks decode and prefill, models ${shown.join(" and ")}`,
      ),
    ],
    missing: null,
    panels: groups.map(panel),
  };
}

const isProven = ({ verdict, ratio_ci_lo, ratio_ci_hi }: TimedRow) =>
  (verdict === "slower" || verdict === "faster") && differsFromOne(ratio_ci_lo, ratio_ci_hi);

function fastestOf(rows: readonly TimedRow[]): TimedRow {
  return rows.reduce((best, row) => (row.median_ms < best.median_ms ? row : best));
}

function titleOf(rows: readonly TimedRow[]): string {
  const { model, task } = rows[0];
  const faster = rows.filter((row) => row.verdict === "faster" && isProven(row));
  if (faster.length === 0)
    return `No engine is proven faster than the reference in ${task} of ${model}`;
  const { engine, dtype, ratio_to_reference, ratio_ci_lo, ratio_ci_hi } = fastestOf(faster);
  const ratio = withInterval(ratio_to_reference!, ratio_ci_lo, ratio_ci_hi);
  return `In ${task} of ${model}, ${engine} (${dtype}) takes ${ratio} times as long as the reference`;
}

function described(rows: readonly TimedRow[]): string {
  const { task, model, engine, median_ms, median_ci_lo_ms, median_ci_hi_ms } = fastestOf(rows);
  const interval = withInterval(median_ms, median_ci_lo_ms, median_ci_hi_ms);
  const time = `${interval} ms${task === "prefill" ? "" : " a token"}`;
  const open = rows.filter((row) => row.verdict !== null && !isProven(row));
  const names = open.map((row) => row.engine).join(", ");
  const rest = names === "" ? "" : `; no proven difference from the reference: ${names}`;
  return `${lengthText(rows[0])} of ${model}: the shortest median is ${time} on ${engine}${rest}.`;
}

function lengthText({ task, prompt_len }: TimedRow): string {
  const tokens = grouped(prompt_len);
  return task === "prefill" ? `Prefill of ${tokens} tokens` : `Decode after ${tokens} tokens`;
}

function panel(rows: readonly TimedRow[]): Panel {
  const { task, model } = rows[0];
  const reference = rows.find(({ verdict }) => verdict === null)?.median_ms ?? null;
  return barsPanel({
    title: `${model}: ${lengthText(rows[0]).toLowerCase()}`,
    bars: rows.map((row) => {
      const { engine, median_ms, verdict } = row;
      const time = `${significant(median_ms)} ms`;
      const factor = reference === null ? "" : `, ${significant(median_ms / reference)} ×`;
      const rest = isProven(row) ? factor : ", no proven difference";
      const label = verdict === null ? time : `${time}${rest}`;
      return { name: engine, median_ms, label };
    }),
    column: "median_ms",
    most: 2 * Math.max(...rows.map(({ median_ms }) => median_ms)),
    colour: task === "prefill" ? "green" : "blue",
  });
}
