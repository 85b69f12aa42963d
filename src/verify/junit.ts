import { XMLBuilder } from "fast-xml-parser";
import { describeVerdict } from "./verdicts.ts";
import type { Report } from "./verify.ts";

/** A report as JUnit XML, one test case a law: what a CI server shows. */
export function junitText(report: Report): string {
  const { verdicts } = report;
  const builder = new XMLBuilder({ ignoreAttributes: false, format: true });
  const failures = verdicts.map((verdict) => failureOf(report, verdict));
  const cases = verdicts.map((verdict, i) => ({
    "@_classname": verdict.subject,
    "@_name": `${verdict.law.id} ${verdict.law.name}`,
    "@_time": (verdict.timeMs / 1000).toFixed(3),
    ...(isSkipped(verdict) ? { skipped: { "@_message": verdict.status } } : {}),
    ...(failures[i] === null ? {} : { failure: failures[i] }),
  }));
  const suite = {
    "@_name": `laws on ${verdicts[0]?.subject ?? "nobody"}`,
    "@_tests": verdicts.length,
    "@_failures": failures.filter((failure) => failure !== null).length,
    "@_skipped": verdicts.filter(isSkipped).length,
    testcase: cases,
  };
  const xml = {
    "?xml": { "@_version": "1.0", "@_encoding": "UTF-8" },
    testsuites: { testsuite: suite },
  };
  return builder.build(xml);
}

type Verdict = Report["verdicts"][number];

function isSkipped({ status }: Verdict): boolean {
  return status === "not offered" || status === "known failure";
}

/** What failed, in full; null where nothing did. */
function failureOf({ blind }: Report, verdict: Verdict): string | null {
  const canary = blind.find((one) => one.law === verdict.law)?.canary;
  if (canary !== undefined) return `blind here to the planted "${canary.bug}"`;
  return verdict.status === "kept" || isSkipped(verdict) ? null : describeVerdict(verdict);
}
