/**
 * How wide text is, where there is no screen to measure it on: Vega itself would take every letter
 * for 0.8 of the font's size, and leave room for text that is not there.
 */
import * as vega from "vega";

/** The part of Vega's measuring that can be replaced; its types leave it out. */
interface TextMetrics {
  width: (item: TextItem, text: unknown) => number;
}

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
}

/** Widths of letters in a wide font, in parts of its size: what fits in it fits in others. */
function letterWidth(letter: string): number {
  if (/[ijl.,:;'|!()[\] ]/.test(letter)) return 0.31;
  if (/[frt/\-I]/.test(letter)) return 0.4;
  if (/[mwMW%]/.test(letter)) return 0.93;
  if (/[A-Z×−]/.test(letter)) return 0.72;
  return 0.62;
}

/** Replaces Vega's guess for all that is drawn in this process. */
export function measureText(): void {
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11, fontWeight }, text) => {
    const isBold = fontWeight === "bold" || Number(fontWeight) >= 600;
    const width = [...String(text)].reduce((sum, letter) => sum + letterWidth(letter), 0);
    return width * fontSize * (isBold ? 1.1 : 1);
  };
}
