/** Units of memory. All arithmetic is in bytes, because 80 GB is not 80 GiB. */

/** Bytes of a gigabyte. */
export const GB = 1_000_000_000;

/** Bytes of a gibibyte. */
export const GiB = 1_073_741_824;
