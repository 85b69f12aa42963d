/** peers.csv: the time of each engine and of the reference on the same model; see benchmarks/. */
import {
  defineTable,
  integer,
  interval,
  number,
  oneOf,
  orBlank,
  type RowOf,
  text,
  version,
} from "../io/table.ts";
import { runId } from "./sample.ts";
import { timeVerdicts } from "./statistics-pairs.ts";

/** `prefill`: the first token after a prompt; else the mean of a few tokens after it. */
export const peerTasks = ["prefill", "decode", "naive"] as const;

/** `not_offered`: it cannot compute the model; `mismatch`: it gives other logits, or tokens. */
const peerStatuses = ["ok", "not_installed", "not_offered", "mismatch"] as const;

export const peersTable = defineTable({
  file: "peers.csv",
  command: "npm run benchmarks -- peers",
  about:
    "The time of one engine at one length. A row whose status is not ok has no times. Ratios are " +
    "of times, round by round.",
  columns: {
    schema_version: version,
    run_id: runId,
    model: text("model name"),
    task: oneOf(peerTasks, "the prompt, or one token with or without a cache"),
    prompt_len: integer("tokens of the prompt"),
    engine: text("name of the engine"),
    version: orBlank(text("version of the engine")),
    dtype: text("number format of the computation"),
    threads: integer("threads of the computation"),
    processes: orBlank(integer("processes that timed it")),
    n: orBlank(integer("samples")),
    median_ms: orBlank(number("median time in milliseconds")),
    ...interval("median_ci_lo_ms", "median_ci_hi_ms", "median_ms"),
    tokens_per_s: orBlank(number("tokens per second at the median")),
    ratio_to_reference: orBlank(number("time divided by that of the reference")),
    ...interval("ratio_ci_lo", "ratio_ci_hi", "ratio_to_reference"),
    aa_ratio: orBlank(number("ratio of the control: the reference to itself")),
    ...interval("aa_ci_lo", "aa_ci_hi", "aa_ratio"),
    verdict: orBlank(oneOf(timeVerdicts, "verdict on the engine")),
    largest_error: orBlank(number("largest difference from the logits of the reference")),
    allowed_error: orBlank(number("largest difference that its arithmetic allows")),
    status: oneOf(peerStatuses, "whether the engine was timed"),
    error: orBlank(text("reason, where the status is not ok")),
  },
});

export type PeerRow = RowOf<typeof peersTable>;
