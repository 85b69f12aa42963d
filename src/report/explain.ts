/** Topics of decoding, each in a few sentences with the numbers of a folder of reports. */
import { tokenStepsReason, tokenStepsText } from "../cost/token-steps-text.ts";
import { grouped, percent, significant } from "../io/numbers.ts";
import {
  attentionFinding,
  exponentFinding,
  flopsFinding,
  labelledCost,
  labelledSpeed,
  prefixFinding,
} from "./findings.ts";
import { referenceLabel, subjectText } from "./origin.ts";
import { schemas, type TableName } from "./schemas.ts";
import { costSummary, speedSummary } from "./summaries.ts";
import type { Table, Tables } from "./tables.ts";

interface Topic {
  /** Facts that hold for every model. */
  readonly text: readonly string[];
  /** One line for each number of this run, or for the command that writes a missing table. */
  readonly numbers: (tables: Tables) => readonly string[];
  readonly laws: readonly string[];
  /** Commands that show more. */
  readonly more: readonly string[];
}

const topics: Readonly<Record<string, Topic>> = {
  cache: {
    text: [
      "A key and a value depend on their token and the tokens before it alone, so both can be kept.",
      "For n tokens after a prompt of P:",
      ...tokenStepsReason(),
      "The price is memory: 2 L K H b bytes for every token held.",
    ],
    numbers: cacheNumbers,
    laws: ["cache-equality", "chunk-invariance", "rewind-equality", "history-invariance"],
    more: ["bench growth", "cost memory --model llama-3-8b"],
  },
  causality: {
    text: [
      "A position attends to itself and to the positions before it. A different continuation",
      "therefore changes none of its logits by a single bit. That is why a text can be scored in one",
      "pass, and why a cache is possible at all.",
    ],
    numbers: causalityNumbers,
    laws: [
      "prefix-invariance",
      "context-sensitivity",
      "window-receptive-field",
      "uninitialised-memory",
    ],
    more: ["demo", "trace demo"],
  },
  sampling: {
    text: [
      "Logits become probabilities by a softmax. A temperature T divides them first: below 1 it",
      "sharpens, above 1 it flattens, and greedy is its limit at 0. Top-k keeps the k likeliest",
      "tokens, top-p the smallest set of them whose mass reaches p, the token that crosses p",
      "included. The remaining probabilities are scaled to sum to one, and one token is drawn.",
    ],
    numbers: samplingNumbers,
    laws: ["top-p-mass", "top-k-count", "temperature-scaling", "exact-sampling"],
    more: ["generate tiny the cat sat --top-p 0.9", "demo"],
  },
  cost: {
    text: [
      "A matrix product of n rows costs 2 n I O FLOPs, whatever the numbers are, so the cost of a",
      "pass is exact before anything runs. Time is bounded from below by two roofs: FLOPs over the",
      "peak, and bytes moved over the bandwidth. Prefill shares each weight among all tokens of the",
      "prompt; decode reads all weights for one token of each sequence, and waits for memory.",
    ],
    numbers: costNumbers,
    laws: [],
    more: ["cost roofline --model llama-3-8b --batch 1,64", "cost flops --model demo"],
  },
  tying: {
    text: [
      "A tied head is the embedding itself, used twice: once to read a token in, once to score all",
      "tokens at the end. It saves V D parameters, and it must be the same memory: a copy differs as",
      "soon as only one of the two is trained or loaded again.",
    ],
    numbers: tyingNumbers,
    laws: ["tied-weights-memory"],
    more: ["summary demo", "cost parameters --model llama-3.2-1b"],
  },
};

export const topicNames: readonly string[] = Object.keys(topics);

/**
 * Returns a topic as text for a terminal.
 *
 * @throws {RangeError} for an unknown topic, with the list of all topics
 */
export function explanation(name: string, tables: Tables, folder: string): string {
  if (!Object.hasOwn(topics, name)) {
    throw new RangeError(
      `explain: the topic must be one of ${topicNames.join(", ")}, got "${name}"`,
    );
  }
  const { text, numbers, laws, more } = topics[name];
  return [
    ...text,
    "",
    `In ${folder}, of the reference decoder:`,
    ...numbers(tables).map((line) => `  ${line}`),
    ...(laws.length === 0 ? [] : ["", `Laws, of ${subjectText(tables)}:`]),
    ...lawLines(tables, laws).map((line) => `  ${line}`),
    "",
    "See also:",
    ...more.map((command) => `  causalgate ${command}`),
  ].join("\n");
}

/** Returns the lines that a table gives, or one line with the command that writes it. */
function from<Name extends TableName>(
  tables: Tables,
  name: Name,
  lines: (rows: Table<Name>["rows"]) => readonly string[],
): readonly string[] {
  const table = tables[name] as Table<Name> | undefined;
  if (table !== undefined) return lines(table.rows);
  const { file, command } = schemas[name];
  return [`no ${file}: run ${command}`];
}

function lawLines(tables: Tables, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const width = Math.max(...ids.map((id) => id.length));
  return from(tables, "laws", (rows) =>
    rows
      .filter(({ law }) => ids.includes(law))
      .map(({ law, subject, name, status, cases }) => {
        return `${law.padEnd(width)}  ${status} (${subject}, ${grouped(cases)} cases): ${name}`;
      }),
  );
}

function cacheNumbers(tables: Tables): readonly string[] {
  const speed = from(tables, "ratios", () => {
    const summary = speedSummary(tables);
    if (summary === null) return ["no generation was timed with and without a cache"];
    const findings = [labelledSpeed(tables, summary.ratio), flopsFinding(summary.ratio)];
    return [findings.filter((finding) => finding !== null).join("; ")];
  });
  const growth = from(tables, "growth", (rows) =>
    rows
      .filter(({ task, slope }) => task === "generation_length" && slope !== null)
      .map((row) => `${referenceLabel(tables, row.run_id)}${row.model}: ${exponentFinding(row)}`),
  );
  const steps = from(tables, "generation", (rows) => {
    const { prompt_len, step, naive_total: naive, cached_total: cached } = rows[rows.length - 1];
    return [`${step} tokens after ${prompt_len}: ${tokenStepsText({ naive, cached })}`];
  });
  return [...speed, ...growth, ...steps];
}

function causalityNumbers(tables: Tables): readonly string[] {
  return [
    ...from(tables, "causality", prefixFinding),
    ...from(tables, "attention", (rows) => [attentionFinding(rows)]),
  ];
}

function samplingNumbers(tables: Tables): readonly string[] {
  return from(tables, "sampling", (rows) =>
    [...Map.groupBy(rows, ({ weights, strategy }) => `${weights} ${strategy}`).values()].map(
      (tokens) => {
        const [{ model, weights, strategy }] = tokens;
        const left = tokens.filter(({ probability }) => probability > 0).length;
        const most = Math.max(...tokens.map(({ probability }) => probability));
        const who = `${model} (${weights})`.padEnd(16);
        return `${who} ${strategy.padEnd(10)} ${String(left).padStart(4)} of ${tokens.length} tokens can be drawn, the likeliest with ${percent(most)}`;
      },
    ),
  );
}

function costNumbers(tables: Tables): readonly string[] {
  const flops = from(tables, "flops", () => {
    const summary = costSummary(tables);
    if (summary === null) return ["no generation is priced with and without a cache"];
    return [labelledCost(tables, summary)];
  });
  const intensity = from(tables, "intensity", (rows) => {
    const whole = rows.filter(({ level, phase }) => level === "step" && phase === "decode");
    const batches = [...new Set(whole.map(({ batch }) => batch))].toSorted((a, b) => a - b);
    const ends = [...new Set([batches[0], batches[batches.length - 1]])];
    return ends.flatMap((batch) => {
      const row = whole.find((row) => row.batch === batch && row.ai !== null);
      if (row === undefined) return [];
      return [
        `${row.model}, decode of ${batch} at a context of ${grouped(row.context)}: ${significant(row.ai!)} FLOPs a byte`,
      ];
    });
  });
  return [...flops, ...intensity];
}

function tyingNumbers(tables: Tables): readonly string[] {
  return from(tables, "parameters", (rows) =>
    rows
      .filter(({ component }) => component === "head")
      .map(({ title, parameters, share }) =>
        parameters === 0n
          ? `${title}: tied, the head has no parameters of its own`
          : `${title}: an own head of ${grouped(parameters)} parameters, ${percent(share)} of all`,
      ),
  );
}
