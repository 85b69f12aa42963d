/** Numbers as text. The script of the page uses this module too, so it needs no Node. */

/** Returns `6738415616` as `6,738,415,616`. */
export function grouped(count: bigint | number): string {
  return count.toLocaleString("en");
}

/** Returns `0.6684` as `66.84 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Returns `1.9e-14` as `1.9 × 10⁻¹⁴`; a value of ordinary size as by {@link significant}. */
export function scientific(value: number): string {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(1).split("e").map(Number);
  if (exponent > -4 && exponent < 6) return significant(value);
  return `${mantissa} × 10${[...String(exponent)].map((digit) => superscripts[digit]).join("")}`;
}

const superscripts: Readonly<Record<string, string>> = {
  "-": "⁻",
  ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((text, digit) => [digit, text])),
};

/** Returns three significant digits without trailing zeros: `83.6`, `1,070`, `0.25`. */
export function significant(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

const prefixes = ["", "k", "M", "G", "T", "P", "E", "Z"];

/** Returns a value with an SI prefix: `55670272` of `FLOP` as `55.7 MFLOP`. */
export function si(value: bigint | number, unit: string): string {
  let scaled = Number(value);
  let prefix = 0;
  while (scaled >= 999.5 && prefix < prefixes.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  return `${significant(scaled)} ${prefixes[prefix]}${unit}`;
}

/** Returns a duration as text: `86.8 ms`, `7.26 s`, `3.1 µs`. */
export function duration(seconds: number): string {
  if (seconds >= 1) return `${significant(seconds)} s`;
  if (seconds >= 1e-3) return `${significant(seconds * 1e3)} ms`;
  return `${significant(seconds * 1e6)} µs`;
}

/** Returns a time that is left: `1 h 05 min`, `12 min`, `40 s`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
