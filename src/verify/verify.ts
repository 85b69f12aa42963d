import { thrownStack, thrownText } from "../io/thrown.ts";
import { lawById } from "../laws/index.ts";
import { type Law, missingNeeds } from "../laws/law.ts";
import { checkLaw } from "../laws/support/check-law.ts";
import type { Subject } from "../subjects/subject.ts";
import { errorVerdict } from "./error-verdict.ts";
import { type LawStatus, type LawVerdict, type RunOptions, runLaw } from "./run-law.ts";

/** The verdicts of several laws on one subject. */
export interface Report {
  readonly verdicts: readonly LawVerdict[];
}

export interface VerifyOptions extends RunOptions {
  /** Time of all laws in milliseconds, divided among those that apply. Default: no limit. */
  readonly timeLimitMs?: number;
  /** Called before each law. */
  readonly onLaw?: (law: Law) => void;
  /** Called after each law. */
  readonly onVerdict?: (verdict: LawVerdict) => void | Promise<void>;
}

/**
 * Runs laws on a subject, one after the other.
 *
 * @throws {TypeError} if a law is none
 * @throws {RangeError} if two laws have the same id, or a known failure names no law
 */
export async function verify(
  subject: Subject,
  laws: readonly Law[],
  options: VerifyOptions,
): Promise<Report> {
  const { onLaw, onVerdict, timeLimitMs, ...run } = options;
  for (const law of laws) checkLaw("verify", law);
  checkIds(laws);
  checkKnownFailures(subject, laws);
  const end = performance.now() + (timeLimitMs ?? 0);
  let left = laws.filter((law) => missingNeeds(law, subject).length === 0).length;
  const verdicts: LawVerdict[] = [];
  for (const law of laws) {
    onLaw?.(law);
    const share = Math.max(0, end - performance.now()) / Math.max(1, left);
    const limit = timeLimitMs === undefined ? {} : { timeLimitMs: share };
    const verdict = await judged(law, subject, { ...run, ...limit });
    if (missingNeeds(law, subject).length === 0) left--;
    verdicts.push(verdict);
    await onVerdict?.(verdict);
  }
  return { verdicts };
}

/** Returns the verdict of a law; `error` if a generator throws, say a `build` of the engine. */
async function judged(law: Law, subject: Subject, options: RunOptions): Promise<LawVerdict> {
  try {
    return await runLaw(law, subject, options);
  } catch (error) {
    const place = thrownStack(error)
      ?.split("\n")
      .find((line) => /^ *at /.test(line));
    const got = `got ${thrownText(error)}${place === undefined ? "" : ` ${place.trim()}`}`;
    const must = "its cases must be generated without an error";
    return errorVerdict(law, subject.name, options, `${law.id}: ${must}, ${got}`);
  }
}

function checkIds(laws: readonly Law[]): void {
  const ids = new Set<string>();
  for (const { id } of laws) {
    if (ids.has(id)) throw new RangeError(`verify: each law must have its own id, got two ${id}`);
    ids.add(id);
  }
}

/** Refuses a known failure of a law that does not exist: it would never be noticed. */
function checkKnownFailures({ knownFailures }: Subject, laws: readonly Law[]): void {
  for (const name of Object.keys(knownFailures)) {
    if (!laws.some(({ id }) => id === name)) lawById(name);
  }
}

/**
 * Returns the exit code of a report: 1 if a law is broken or not deterministic, ended with an
 * error, or is kept but declared as a known failure; else 3 if a law is unproven or out of time or
 * none was tested; else 0.
 */
export function exitCodeOf({ verdicts }: Report): 0 | 1 | 3 {
  const has = (...statuses: readonly LawStatus[]) =>
    verdicts.some(({ status }) => statuses.includes(status));
  if (has("broken", "not deterministic", "now kept", "error")) return 1;
  const tested = has("kept", "known failure");
  return has("unproven", "out of time") || !tested ? 3 : 0;
}
