/** The laws of filters and draws, in vitest. */
import { describeLaws } from "causalgate/vitest";
import sampler from "./003-sampler.ts";

describeLaws(sampler);
