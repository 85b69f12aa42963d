/** peers.csv: the time of each engine and of the reference, on the same model. */

import { type PeerRow, peersTable, peerTasks } from "../src/bench/peers-table.ts";
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
import { baseline, peers } from "./peers.ts";
import type { Audit } from "./peers-audit.ts";
import type { PeerTiming } from "./time-peers.ts";

/** All timings of a task at a length, by arm. */
interface Length {
  readonly model: string;
  readonly task: PeerRow["task"];
  readonly promptLength: number;
  readonly arms: ReadonlyMap<string, readonly PeerTiming[]>;
}

/**
 * Returns the rows of peers.csv, by model, task and length. A row has no times if the audit failed,
 * or if any call gave other tokens than the reference. `ratio_to_reference` is of times, round by
 * round, and `aa_ratio` that of the reference to itself; the verdict is on the engine: `slower` if
 * it takes longer.
 */
export function peerRows(
  timings: readonly PeerTiming[],
  audits: readonly Audit[],
  run_id: string,
): PeerRow[] {
  const lengths = lengthsOf(timings).sort(
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
  const isAgreed = runs.every((run) => run.isRight && run.tokenDigest === reference[0].tokenDigest);
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

function timeCells(runs: readonly PeerTiming[], tokens: number): Partial<PeerRow> {
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

function ratioCells(runs: readonly PeerTiming[], arms: Length["arms"]): Partial<PeerRow> {
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

/** Returns `ln(a / b)` of the calls of one process and round. */
function logRatios(runs: readonly PeerTiming[], others: readonly PeerTiming[]): Clustered[] {
  const place = ({ process, round }: PeerTiming) => `${process}/${round}`;
  const byPlace = new Map(others.map((run) => [place(run), run.ms]));
  return runs.map((run) => {
    return { process: run.process, value: Math.log(run.ms / byPlace.get(place(run))!) };
  });
}

function lengthsOf(timings: readonly PeerTiming[]): Length[] {
  const lengths = Map.groupBy(timings, ({ model, task, promptLength }) =>
    JSON.stringify([model, task, promptLength]),
  );
  return [...lengths.values()].map((group) => {
    const { model, task, promptLength } = group[0];
    return { model, task, promptLength, arms: Map.groupBy(group, ({ arm }) => arm) };
  });
}
