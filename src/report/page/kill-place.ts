/** Where the places of the kill matrix are: the page draws them, its script finds them. */

/** Width and height of a place, and of what stands left of and above them. */
export const place = { width: 4.4, height: 11, left: 104, top: 78 };
