/**
 * The roofs of devices according to the data sheets of their makers; none is measured. Peaks are
 * dense: half of a value that is given "with sparsity".
 */
import type { Roofs } from "./roofline.ts";

/** A number format of data sheets. */
export type NumberFormat = "fp64" | "fp32" | "tf32" | "bf16" | "fp16" | "fp8" | "int8";

/** Bytes of one number. */
export const bytesOfFormat: Readonly<Record<NumberFormat, number>> = {
  fp64: 8,
  fp32: 4,
  tf32: 4,
  bf16: 2,
  fp16: 2,
  fp8: 1,
  int8: 1,
};

/** A device by its data sheet. */
export interface Device {
  readonly name: string;
  readonly title: string;
  /** Dense peaks in FLOP/s (int8: operations/s), of the matrix units where they take the format. */
  readonly peaks: Readonly<Partial<Record<NumberFormat, number>>>;
  readonly bytesPerS: number;
  /** As printed; the caller decides whether a GB is 10^9 or 2^30 bytes, see units.ts. */
  readonly memoryGB: number;
  readonly source: string;
}

/**
 * Returns the two roofs of a device for numbers of one format.
 *
 * @throws {RangeError} if the data sheet has no peak for that format
 */
export function datasheetRoofs(device: Device, format: NumberFormat): Roofs {
  const flopsPerS = device.peaks[format];
  if (flopsPerS === undefined) {
    const formats = Object.keys(device.peaks).join(", ");
    throw new RangeError(`${device.name}: the format must be one of ${formats}, got ${format}`);
  }
  return { flopsPerS, bytesPerS: device.bytesPerS };
}

const a100 = {
  fp64: 19.5e12,
  fp32: 19.5e12,
  tf32: 156e12,
  bf16: 312e12,
  fp16: 312e12,
  int8: 624e12,
};

const h100 = {
  fp64: 66.9e12,
  fp32: 66.9e12,
  tf32: 494.7e12,
  bf16: 989.4e12,
  fp16: 989.4e12,
  fp8: 1978.9e12,
  int8: 1978.9e12,
};

const a100Source = "NVIDIA A100 80GB data sheet, 2022";
const h100Source = "NVIDIA H100 Tensor Core GPU architecture, white paper, 2023";

/** The devices that are known by name. */
export const devices: readonly Device[] = [
  {
    name: "a100-80gb-sxm",
    title: "NVIDIA A100 80GB SXM",
    peaks: a100,
    bytesPerS: 2.039e12,
    memoryGB: 80,
    source: a100Source,
  },
  {
    name: "a100-80gb-pcie",
    title: "NVIDIA A100 80GB PCIe",
    peaks: a100,
    bytesPerS: 1.935e12,
    memoryGB: 80,
    source: a100Source,
  },
  {
    name: "h100-sxm",
    title: "NVIDIA H100 SXM5",
    peaks: h100,
    bytesPerS: 3.35e12,
    memoryGB: 80,
    source: h100Source,
  },
  {
    name: "h200-sxm",
    title: "NVIDIA H200 SXM",
    peaks: h100,
    bytesPerS: 4.8e12,
    memoryGB: 141,
    source: `NVIDIA H200 data sheet, 2024 (memory); ${h100Source} (peaks of the same chip)`,
  },
  {
    name: "l40s",
    title: "NVIDIA L40S",
    peaks: {
      fp32: 91.6e12,
      tf32: 183e12,
      bf16: 362.05e12,
      fp16: 362.05e12,
      fp8: 733e12,
      int8: 733e12,
    },
    bytesPerS: 864e9,
    memoryGB: 48,
    source: "NVIDIA L40S data sheet, 2023",
  },
  {
    name: "rtx-4090",
    title: "NVIDIA GeForce RTX 4090, sums in fp32",
    peaks: {
      fp32: 82.6e12,
      tf32: 82.6e12,
      bf16: 165.2e12,
      fp16: 165.2e12,
      fp8: 330.3e12,
      int8: 660.6e12,
    },
    bytesPerS: 1.008e12,
    memoryGB: 24,
    source: "NVIDIA Ada GPU architecture, white paper, 2022, appendix A",
  },
  {
    name: "mi300x",
    title: "AMD Instinct MI300X",
    peaks: {
      fp64: 163.4e12,
      fp32: 163.4e12,
      tf32: 653.7e12,
      bf16: 1307.4e12,
      fp16: 1307.4e12,
      fp8: 2614.9e12,
      int8: 2614.9e12,
    },
    bytesPerS: 5.3e12,
    memoryGB: 192,
    source: "AMD Instinct MI300X data sheet, 2023",
  },
  {
    name: "m3-max",
    title: "Apple M3 Max, 40-core GPU",
    peaks: { fp32: 14.3e12, fp16: 14.3e12 },
    bytesPerS: 400e9,
    memoryGB: 128,
    source:
      "Apple, MacBook Pro (2023) technical specifications (memory); peaks are an estimate, " +
      "40 cores * 128 lanes * 2 FLOPs * 1.398 GHz: Apple gives none",
  },
];

/**
 * Returns the device of that name.
 *
 * @throws {RangeError} if there is none, listing every name
 */
export function namedDevice(name: string): Device {
  const device = devices.find((candidate) => candidate.name === name);
  if (device !== undefined) return device;
  const names = devices.map((candidate) => candidate.name).join(", ");
  throw new RangeError(`namedDevice: the name must be one of ${names}, got "${name}"`);
}
