import { XMLBuilder } from "fast-xml-parser";
import type { LawVerdict } from "./run-law.ts";
import { describeVerdict } from "./verdicts.ts";
import type { Report } from "./verify.ts";

/** Returns a report as JUnit XML for CI servers, with one test case for each law. */
export function junitText({ verdicts }: Report): string {
  const builder = new XMLBuilder({ ignoreAttributes: false, format: true });
  const failures = verdicts.map(failureOf);
  const errors = verdicts.filter(({ status }) => status === "error").length;
  const cases = verdicts.map((verdict, i) => ({
    "@_classname": verdict.subject,
    "@_name": `${verdict.law.id} ${verdict.law.name}`,
    "@_time": (verdict.timeMs / 1000).toFixed(3),
    ...(isSkipped(verdict) ? { skipped: { "@_message": verdict.status } } : {}),
    ...(failures[i] === null ? {} : elementOf(verdict, failures[i])),
  }));
  const suite = {
    "@_name": `laws on ${verdicts[0]?.subject ?? "no subject"}`,
    "@_tests": verdicts.length,
    "@_failures": failures.filter((failure) => failure !== null).length - errors,
    "@_errors": errors,
    "@_skipped": verdicts.filter(isSkipped).length,
    testcase: cases,
  };
  const xml = {
    "?xml": { "@_version": "1.0", "@_encoding": "UTF-8" },
    testsuites: { testsuite: suite },
  };
  return builder.build(xml);
}

/** A failure or an error with its first fact as the message, which CI servers list. */
function elementOf({ status, failure, reason }: LawVerdict, text: string) {
  const message = reason ?? failure?.message ?? status;
  const element = { "@_message": message, "@_type": status, "#text": text };
  return status === "error" ? { error: element } : { failure: element };
}

function isSkipped({ status }: LawVerdict): boolean {
  return status === "not offered" || status === "known failure";
}

/** The description of a law that is neither kept nor skipped; null for others. */
function failureOf(verdict: LawVerdict): string | null {
  return verdict.status === "kept" || isSkipped(verdict) ? null : describeVerdict(verdict);
}
