import type { GradientLaw } from "./law.ts";
import { adapters, dropouts, frozen, ignored, sums, ties } from "./sums.ts";
import { differences, duals } from "./witnesses.ts";
import { causality, windows, zeros } from "./zeros.ts";

export const gradientLaws: readonly GradientLaw[] = [
  differences,
  duals,
  zeros,
  causality,
  windows,
  sums,
  ignored,
  ties,
  frozen,
  dropouts,
  adapters,
];
