import type { Check } from "./checks/check.ts";
import { costChecks } from "./checks/costs.ts";
import { adapters, goldens } from "./checks/decoders.ts";
import { formatChecks } from "./checks/formats.ts";
import { largeFileChecks } from "./checks/large-files.ts";
import { trainingChecks } from "./checks/training.ts";

/** All checks that are not laws. */
export const checks: readonly Check[] = [
  goldens,
  adapters,
  ...formatChecks,
  ...largeFileChecks,
  ...costChecks,
  ...trainingChecks,
];
