/** The steps that write reports/published. */
import { join } from "node:path";
import { isLlamaCppInstalled } from "../../src/engines/llama-cpp-package.ts";
import { transformersVersions } from "../../src/engines/transformers.ts";
import { schemas } from "../../src/report/schemas.ts";
import { copyEngines, copyMutants, copyTables } from "./copy.ts";
import type { PublishScale, PublishStep } from "./step.ts";

const root = join(import.meta.dirname, "../..");
const program = (file: string) => join(root, file);
const causalgate = program("src/cli/main.ts");
const benchmarks = program("benchmarks/main.ts");
const mutants = program("properties/mutants/main.ts");

/** Tables of the benchmark, which the gate writes too, at a smaller scale. */
const benchTables = [
  schemas.samples,
  schemas.latency,
  schemas.ratios,
  schemas.growth,
  schemas.flops,
  schemas.roofline,
].map(({ file }) => file);

const always = async () => null;

const withDefaults = {
  isParallel: false,
  resume: null,
  missing: always,
  publish: copyTables(),
} as const;

const cases = (scale: PublishScale, full: number, quick: number) =>
  String(scale === "full" ? full : quick);

const scaleOf = (scale: PublishScale) => (scale === "full" ? "full" : "smoke");

/** Bugs that are planted at the quick scale. */
const quickMutants = ["mask-all-ones", "heads-tiled", "top-p-one-more-at-equality"];

/** Bugs with a threshold that are planted at the quick scale. */
const quickThresholds = ["rope-table-ends", "top-k-capped"];

/** Mutants and tests of the syntax at the quick scale. */
const quickSyntactic = ["--only", "src/sampling", "--tests", "properties/sampling.test.ts"];

/** One step for each engine of another author: its laws, as `causalgate verify` tries them. */
function engineStep(
  subject: string,
  minutes: PublishStep["minutes"],
  missing: PublishStep["missing"] = always,
): PublishStep {
  return {
    ...withDefaults,
    name: subject,
    group: "engines",
    lane: "checking",
    minutes,
    missing,
    command: ({ scale, seed }) => [
      ...[causalgate, "verify", "--subject", subject],
      ...["--runs", cases(scale, 1000, 5), "--seed", String(seed)],
    ],
    publish: copyEngines,
  };
}

const needsLlamaCpp = async (scale: PublishScale) =>
  // At the full scale the subject installs it.
  scale === "full" || (await isLlamaCppInstalled()) ? null : "node-llama-cpp is not installed";

const needsTransformers = async () =>
  transformersVersions().then(
    () => null,
    (error: Error) => error.message.split("\n")[0],
  );

export const publishSteps: readonly PublishStep[] = [
  {
    ...withDefaults,
    name: "bench",
    group: "bench",
    lane: "timing",
    minutes: { full: 35, quick: 2 },
    command: ({ scale, seed }) => [causalgate, "bench", "--scale", scale, "--seed", String(seed)],
    resume: ["--resume"],
  },
  {
    ...withDefaults,
    name: "peers",
    group: "peers",
    lane: "timing",
    minutes: { full: 15, quick: 0.5 },
    command: ({ scale, seed }) => [
      ...[benchmarks, "peers", "--scale", scaleOf(scale), "--seed", String(seed)],
    ],
  },
  {
    ...withDefaults,
    name: "rates",
    group: "rates",
    lane: "timing",
    minutes: { full: 2.5, quick: 0.2 },
    command: ({ scale, seed }) => [
      ...[benchmarks, "rates", "--scale", scaleOf(scale), "--seed", String(seed)],
    ],
  },
  {
    ...withDefaults,
    name: "gate",
    group: "gate",
    lane: "checking",
    minutes: { full: 2, quick: 2 },
    command: ({ seed }) => [causalgate, "gate", "--seed", String(seed)],
    publish: copyTables(benchTables),
  },
  {
    ...withDefaults,
    name: "mutants",
    group: "mutants",
    lane: "checking",
    minutes: { full: 22, quick: 0.3 },
    isParallel: true,
    command: ({ scale, seed, jobs }) => [
      ...[mutants, "--runs", cases(scale, 200, 20), "--seed", String(seed)],
      ...["--jobs", String(jobs), ...(scale === "full" ? [] : ["--only", ...quickMutants])],
    ],
    publish: copyMutants,
  },
  {
    ...withDefaults,
    name: "false-alarms",
    group: "false-alarms",
    lane: "checking",
    minutes: { full: 4, quick: 0.2 },
    isParallel: true,
    command: ({ scale, seed, jobs }) => [
      ...[mutants, "--false-alarms", cases(scale, 100_000, 500), "--seed", String(seed)],
      ...["--runs", cases(scale, 200, 10), "--jobs", String(jobs)],
    ],
  },
  {
    ...withDefaults,
    name: "thresholds",
    group: "thresholds",
    lane: "checking",
    minutes: { full: 20, quick: 0.3 },
    isParallel: true,
    command: ({ scale, seed, jobs }) => [
      ...[mutants, "thresholds", "--large", cases(scale, 100, 3), "--seed", String(seed)],
      ...["--jobs", String(jobs), ...(scale === "full" ? [] : ["--only", ...quickThresholds])],
    ],
    resume: ["--resume"],
  },
  {
    ...withDefaults,
    name: "syntactic",
    group: "syntactic",
    lane: "checking",
    minutes: { full: 45, quick: 0.5 },
    isParallel: true,
    command: ({ scale, seed, jobs }) => [
      ...[mutants, "syntactic", "--sample", cases(scale, 200, 5), "--seed", String(seed)],
      ...["--jobs", String(jobs), ...(scale === "full" ? [] : quickSyntactic)],
    ],
  },
  engineStep("onnxruntime-float64", { full: 5, quick: 0.5 }),
  engineStep("onnxruntime", { full: 6, quick: 0.5 }),
  engineStep("llama.cpp", { full: 6, quick: 0.5 }, needsLlamaCpp),
  engineStep("llama.cpp-f16", { full: 6, quick: 0.5 }, needsLlamaCpp),
  engineStep("transformers-float64", { full: 8, quick: 1 }, needsTransformers),
  engineStep("transformers", { full: 8, quick: 1 }, needsTransformers),
];
