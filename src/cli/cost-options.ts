/** Common options of the tables of `causalgate cost`. */
import { Option } from "commander";
import { bytesOfFormat, devices, type NumberFormat } from "../cost/devices.ts";
import { checkContext } from "../cost/generation.ts";
import { fusions } from "../cost/intensity.ts";
import type { NamedConfig } from "../model/config.ts";
import { integers } from "./options.ts";

export function bytesPerElement(dtype: NumberFormat): number {
  return bytesOfFormat[dtype];
}

/** `--context N,...` */
export function contextOption(): Option {
  return new Option(
    "--context <N,...>",
    "tokens of a sequence; default 1,024, or the context of the model if that is less",
  ).argParser(integers(1));
}

/** Returns the given lengths, or the default one; throws if the model cannot hold one. */
export function contextsOf(
  { name, config }: NamedConfig,
  asked: readonly number[] | undefined,
): readonly number[] {
  const { maxPositionEmbeddings: P } = config;
  if (asked === undefined) return [Math.min(1024, P)];
  for (const context of asked) checkContext(name, P, context);
  return asked;
}

/** `--batch B,...` */
export function batchOption(): Option {
  return new Option("--batch <B,...>", "sequences at once")
    .argParser(integers(1))
    .default([1], "1");
}

/** `--tp X,...` */
export function tensorParallelOption(): Option {
  return new Option("--tp <X,...>", "devices that one model is split over")
    .argParser(integers(1))
    .default([1], "1");
}

/** `--dtype T` */
export function dtypeOption(): Option {
  return new Option("--dtype <T>", "the format of weights, cache and activations")
    .choices(Object.keys(bytesOfFormat))
    .default("fp16");
}

/** `--device NAME...` */
export function deviceOption(): Option {
  const [first, ...others] = devices.map(({ name }) => name);
  return new Option("--device <NAME...>", "devices, by their data sheets")
    .choices([first, ...others])
    .default([first], first);
}

/** `--fusion F` */
export function fusionOption(): Option {
  return new Option(
    "--fusion <F>",
    "activations that are moved to memory: all, all but the scores, or those between blocks",
  )
    .choices(fusions)
    .default("streamed");
}

/** `--assumptions assignment` */
export function assumptionsOption(description: string): Option {
  return new Option("--assumptions <NAME>", description).choices(["assignment"]);
}
