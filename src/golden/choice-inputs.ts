/** The inputs on which the functions of a sampler are recorded by default. */
import { normal, seededRandom } from "../math/random.ts";
import { softmax } from "../math/softmax.ts";
import type { SamplingOptions } from "../sampling/sample-token.ts";
import type { ChoiceSubject } from "../subjects/subject.ts";
import { offeredFunctions } from "./choices.ts";
import type { ChoiceFunction, ChoiceInput } from "./format.ts";

/** Number of tokens in a row. */
const V = 12;

/** The options of the cases of each function: each is called with each row. */
const optionsOf: Readonly<Record<ChoiceFunction, readonly SamplingOptions[]>> = {
  greedy: [{}],
  repetitionPenalty: [{ repetitionPenalty: 1.3 }, { repetitionPenalty: 0.5 }],
  frequencyPenalty: [{ frequencyPenalty: 0.5 }, { frequencyPenalty: -0.5 }],
  presencePenalty: [{ presencePenalty: 0.5 }, { presencePenalty: -0.5 }],
  ban: [{ bannedSequences: [[5], [3, 7], [3, 1]] }],
  temperatureScale: [{ temperature: 0.7 }, { temperature: 2 }],
  topK: [{ topK: 0 }, { topK: 1 }, { topK: 5 }],
  topP: [{ topP: 1 }, { topP: 0.3 }, { topP: 0.9 }],
  minP: [{ minP: 0 }, { minP: 0.1 }, { minP: 0.5 }],
  distribution: [],
  draw: [{}],
  sample: [],
  speculate: [{ temperature: 0 }, {}],
};

/**
 * Options of whole samplers, in the order in which a fixture is read; those that the order of the
 * subject does not list are left out.
 */
const wholeOptions: readonly SamplingOptions[] = [
  {},
  { temperature: 0 },
  { temperature: 0.8, topK: 8, topP: 0.95 },
  { repetitionPenalty: 1.2, temperature: 1.5, minP: 0.05 },
  { frequencyPenalty: 0.5, presencePenalty: 0.25, bannedSequences: [[3, 1]], topP: 0.7 },
];

const history: readonly number[] = [3, 7, 3, 5, 3];

/** Returns the inputs for every function that a subject offers; the same seed gives the same. */
export function choiceInputs(subject: ChoiceSubject, seed: number): ChoiceInput[] {
  const rows = logitRows(seed);
  return offeredFunctions(subject).flatMap((name) => {
    const isWhole = name === "distribution" || name === "sample";
    const options = isWhole ? supportedOptions(subject) : optionsOf[name];
    return options.flatMap((one) =>
      groupsOf(name, rows).map((group) => {
        return { function: name, rows: group, options: one, history, seed };
      }),
    );
  });
}

/** The rows of each case: all rows for speculation, which has two decoders, otherwise one. */
function groupsOf(
  name: ChoiceFunction,
  rows: readonly (readonly number[])[],
): readonly (readonly (readonly number[])[])[] {
  if (name === "speculate") return [rows];
  return rows.map((row) => [name === "draw" ? Array.from(softmax(Float64Array.from(row))) : row]);
}

function supportedOptions({ sampler: { conventions } }: ChoiceSubject): SamplingOptions[] {
  const names: readonly string[] = conventions?.order ?? [];
  const supported = wholeOptions.map(
    (options): SamplingOptions =>
      Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name))),
  );
  return [...new Map(supported.map((options) => [JSON.stringify(options), options])).values()];
}

/** Logits at random, with ties, with one large value, and with dropped tokens. */
function logitRows(seed: number): readonly (readonly number[])[] {
  const random = seededRandom(seed);
  const row = (value: (token: number) => number) => Array.from({ length: V }, (_, id) => value(id));
  return [
    row(() => 2 * normal(random)),
    row(() => Math.floor(5 * random()) - 2),
    row((id) => (id === 4 ? 20 : normal(random))),
    row((id) => (id % 3 === 1 ? Number.NEGATIVE_INFINITY : normal(random))),
  ];
}
