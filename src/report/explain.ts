/** Topics of decoding, each in a few sentences with the numbers of a folder of reports. */
import { grouped, percent, scientific, si, significant } from "../io/numbers.ts";
import { schemas, type TableName } from "./schemas.ts";
import { costStanding, speedStanding } from "./standing.ts";
import type { Table, Tables } from "./tables.ts";

interface Topic {
  /** What holds everywhere. */
  readonly text: readonly string[];
  /** What this run says: a line for each, found in the tables or naming what writes them. */
  readonly numbers: (tables: Tables) => readonly string[];
  readonly laws: readonly string[];
  /** What may be typed to see more. */
  readonly more: readonly string[];
}

const topics: Readonly<Record<string, Topic>> = {
  cache: {
    text: [
      "A key and a value depend on their token and those before it alone, so both can be kept: each",
      "new token then runs by itself. Without a cache every one runs the whole text again, which is",
      "n P + n (n - 1) / 2 token-steps for n tokens after a prompt of P instead of P + n - 1.",
      "The price is memory: 2 L K H b bytes for every token held.",
    ],
    numbers: cacheNumbers,
    laws: ["cache-equality", "chunk-invariance", "rewind-equality", "history-invariance"],
    more: ["bench growth", "cost memory --model llama-3-8b"],
  },
  causality: {
    text: [
      "A position attends itself and what stands before it. So the logits of a position cannot",
      "change when the text goes on differently: not by a little, by nothing. That is why a text",
      "can be scored in one pass, and why a cache is possible at all.",
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
      "included. What is left is scaled to one, and one token is drawn.",
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
      "tokens at the end. It saves V D parameters, and it must be the same memory: a copy drifts",
      "apart as soon as one of the two is trained or loaded anew.",
    ],
    numbers: tyingNumbers,
    laws: ["tied-weights-memory"],
    more: ["summary demo", "cost parameters --model llama-3.2-1b"],
  },
};

export const topicNames: readonly string[] = Object.keys(topics);

/**
 * A topic as text for a terminal.
 *
 * @throws {RangeError} when there is no such topic, with every topic that there is
 */
export function explanation(name: string, tables: Tables, folder: string): string {
  if (!Object.hasOwn(topics, name)) {
    throw new RangeError(
      `explain: the topic must be one of ${topicNames.join(", ")}, got "${name}"`,
    );
  }
  const { text, numbers, laws, more } = topics[name];
  const said = [...numbers(tables), ...lawLines(tables, laws)];
  return [
    ...text,
    "",
    `In ${folder}:`,
    ...said.map((line) => `  ${line}`),
    "",
    "See also:",
    ...more.map((command) => `  causalgate ${command}`),
  ].join("\n");
}

/** The lines that a table gives, or the one that says how to get it. */
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
      .map(({ law, name, status, cases }) => {
        return `${law.padEnd(width)}  ${status} over ${grouped(cases)} cases: ${name}`;
      }),
  );
}

function cacheNumbers(tables: Tables): readonly string[] {
  const speed = from(tables, "ratios", () => {
    const standing = speedStanding(tables);
    if (standing === null) return ["no generation was timed with and without a cache"];
    const { model, prompt_len, gen_len, ratio_median, ratio_ci_lo, ratio_ci_hi, ...ratio } =
      standing.ratio;
    const interval =
      ratio_ci_lo === null || ratio_ci_hi === null
        ? ""
        : ` [${significant(ratio_ci_lo)}, ${significant(ratio_ci_hi)}]`;
    const exact = ratio.flops_ratio_predicted;
    const flops = exact === null ? "" : `; its exact FLOPs are ${significant(exact)} times as many`;
    return [
      `${model}, ${gen_len} tokens after ${prompt_len}: ${significant(ratio_median!)}${interval} times as long without a cache${flops}`,
    ];
  });
  const growth = from(tables, "growth", (rows) =>
    rows
      .filter(({ task, slope }) => task === "generation_length" && slope !== null)
      .map(({ model, mode, slope, slope_predicted_flops: exact }) => {
        const flops = exact === null ? "" : `, its exact FLOPs as n^${exact.toFixed(2)}`;
        return `${model}, ${mode}: time grows as n^${slope!.toFixed(2)}${flops}`;
      }),
  );
  const steps = from(tables, "generation", (rows) => {
    const { prompt_len, step, naive_total, cached_total } = rows[rows.length - 1];
    return [
      `${step} tokens after ${prompt_len}: ${naive_total} token-steps without a cache, ${cached_total} with it`,
    ];
  });
  return [...speed, ...growth, ...steps];
}

function causalityNumbers(tables: Tables): readonly string[] {
  const differences = from(tables, "causality", (rows) => {
    const largest = (inPrefix: boolean) =>
      rows.filter(({ in_prefix }) => in_prefix === inPrefix).map((row) => row.largest_difference);
    const [before, after] = [largest(true), largest(false)];
    return [
      `two texts that share ${before.length} tokens: their logits differ by ${scientific(Math.max(...before))} there`,
      `and by at least ${significant(Math.min(...after))} at each of the ${after.length} positions after them`,
    ];
  });
  const attention = from(tables, "attention", (rows) => {
    const ahead = rows.filter((row) => row.key_position > row.query_position);
    const seen = ahead.filter(({ probability }) => probability !== 0);
    return [`attention to later positions: ${seen.length} of ${ahead.length} are not zero`];
  });
  return [...differences, ...attention];
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
    const standing = costStanding(tables);
    if (standing === null) return ["no generation is priced with and without a cache"];
    const { cached, naive } = standing;
    const [with_, without] = [cached, naive].map((row) => row.total_exact_causal);
    return [
      `${cached.model}, ${cached.gen_len} tokens after ${cached.prompt_len}: ${si(with_, "FLOP")} with a cache, ${si(without, "FLOP")} without`,
    ];
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
