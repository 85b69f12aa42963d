/** peers.csv: how long each engine takes for what the reference does, on the same model. */

import { type PeerRow, peersTable, peerTasks } from "../src/bench/peers-table.ts";
import type { Sample } from "../src/bench/sample.ts";
import { median, medianInterval } from "../src/bench/statistics.ts";
import {
  byProcess,
  type Clustered,
  clusteredInterval,
  type NamedInterval,
  verdictOf,
} from "../src/bench/statistics-pairs.ts";
import { digits } from "../src/bench/timed-groups.ts";
import { blankCells, schemaVersion } from "../src/io/table.ts";
import { armParts, baseline, peers } from "./peers.ts";
import type { Audit } from "./peers-audit.ts";

type PeerTask = PeerRow["task"];

/** One run of one arm: milliseconds of a prompt, or of a token. */
interface Run {
  readonly process: number;
  readonly round: number;
  readonly ms: number;
  readonly digest: string | null;
  readonly isRight: boolean;
}

/** All runs of a task at a length, by arm. */
interface Length {
  readonly model: string;
  readonly task: PeerTask;
  readonly promptLength: number;
  readonly arms: ReadonlyMap<string, readonly Run[]>;
}

/**
 * The rows of peers.csv, by model, task and length. A row has no figure where the audit failed, or
 * where any run gave other tokens than the reference. `ratio_to_reference` is of times, round by
 * round, and `aa_ratio` that of the reference to itself; the verdict is on the engine: `slower`
 * where it takes longer.
 */
export function peerRows(
  samples: readonly Sample[],
  audits: readonly Audit[],
  run_id: string,
): PeerRow[] {
  const lengths = lengthsOf(samples).sort(
    (a, b) =>
      Number(a.model > b.model) - Number(a.model < b.model) ||
      peerTasks.indexOf(a.task) - peerTasks.indexOf(b.task) ||
      a.promptLength - b.promptLength,
  );
  return lengths.flatMap((length) =>
    audits
      .filter(({ model }) => model === length.model)
      .map((audit) => peerRow(length, audit, run_id)),
  );
}

function peerRow(
  { model, task, promptLength, arms }: Length,
  audit: Audit,
  run_id: string,
): PeerRow {
  const runs = arms.get(audit.peer) ?? [];
  const reference = arms.get(baseline)!;
  const isAgreed = runs.every((run) => run.isRight && run.digest === reference[0].digest);
  const status = audit.status === "ok" && !isAgreed ? "mismatch" : audit.status;
  return {
    ...blankCells(peersTable),
    schema_version: schemaVersion,
    ...{ run_id, model, task, prompt_len: promptLength, engine: audit.peer },
    version: audit.version,
    dtype: peers[audit.peer].dtype,
    threads: 1,
    ...(status === "ok" ? timeCells(runs, task === "prefill" ? promptLength : 1) : {}),
    ...(status === "ok" && audit.peer !== baseline ? ratioCells(runs, arms) : {}),
    largest_error: digits(audit.largestError),
    allowed_error: digits(audit.allowedError),
    status,
    error: audit.error ?? (isAgreed ? null : "the tokens are not the reference's"),
  };
}

function timeCells(runs: readonly Run[], tokens: number): Partial<PeerRow> {
  const times = runs.map(({ ms }) => ms);
  const interval = medianInterval(times);
  return {
    processes: byProcess(runs.map(({ process, ms }) => ({ process, value: ms }))).length,
    n: times.length,
    median_ms: digits(median(times)),
    median_ci_lo_ms: digits(interval?.low),
    median_ci_hi_ms: digits(interval?.high),
    tokens_per_s: digits((1000 * tokens) / median(times)),
  };
}

function ratioCells(runs: readonly Run[], arms: Length["arms"]): Partial<PeerRow> {
  const reference = arms.get(baseline)!;
  const interval = clusteredInterval(logRatios(runs, reference));
  const twin = arms.get(`${baseline}_twin`);
  const control = twin === undefined ? null : clusteredInterval(logRatios(twin, reference));
  return {
    ...ratio("ratio_to_reference", "ratio_ci", interval),
    ...ratio("aa_ratio", "aa_ci", control),
    verdict: verdictOf(interval, twin === undefined ? [] : [control]),
  };
}

function ratio(name: string, ends: string, interval: NamedInterval | null): Partial<PeerRow> {
  const times = (log: number | undefined) => digits(log === undefined ? null : Math.exp(log));
  return {
    [name]: times(interval?.middle),
    [`${ends}_lo`]: times(interval?.low),
    [`${ends}_hi`]: times(interval?.high),
  };
}

/** Of the runs of one process and round. */
function logRatios(runs: readonly Run[], others: readonly Run[]): Clustered[] {
  const place = ({ process, round }: Run) => `${process}/${round}`;
  const byPlace = new Map(others.map((run) => [place(run), run.ms]));
  return runs.map((run) => {
    return { process: run.process, value: Math.log(run.ms / byPlace.get(place(run))!) };
  });
}

function lengthsOf(samples: readonly Sample[]): Length[] {
  const taskOf = ({ task, mode }: Sample): PeerTask =>
    task === "prefill" ? task : armParts(mode).mode === "naive" ? "naive" : "decode";
  const lengths = Map.groupBy(samples, (sample) =>
    JSON.stringify([sample.model, taskOf(sample), sample.prompt_len]),
  );
  return [...lengths.values()].map((group) => {
    const { model, prompt_len } = group[0];
    // A twin is of its peer's name and `_twin`; naive arms are told apart by the task.
    const arms = Map.groupBy(group, ({ arm, mode }) => arm.replace(mode, armParts(mode).peer));
    const runs = new Map([...arms].map(([arm, ofArm]) => [arm, runsOf(ofArm)]));
    return { model, task: taskOf(group[0]), promptLength: prompt_len!, arms: runs };
  });
}

/** Where a run was read twice, the time between the readings over the tokens between them. */
function runsOf(samples: readonly Sample[]): Run[] {
  const readings = Map.groupBy(samples, ({ process_id, seq_no }) => `${process_id}/${seq_no}`);
  return [...readings.values()].map((run) => {
    const [first, last = null] = run.toSorted((a, b) => a.gen_len - b.gen_len);
    const ns = last === null ? first.t_ns! : last.t_ns! - first.t_ns!;
    const tokens = last === null ? 1 : last.gen_len - first.gen_len;
    return {
      process: first.process_id!,
      round: first.round!,
      ms: ns / tokens / 1e6,
      digest: (last ?? first).token_digest,
      isRight: run.every(({ status }) => status === "ok"),
    };
  });
}
