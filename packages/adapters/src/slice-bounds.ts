/** The bounds of `slice(start, end)` on something of `size` bytes, as ArrayBuffer, Blob and Array have them. */
export function sliceBounds(size: number, start = 0, end = size): { start: number; end: number } {
  const from = bound(size, start);
  return { start: from, end: Math.max(from, bound(size, end)) };
}

/** Negative ones count from the end; what is beyond an end is that end. */
function bound(size: number, index: number): number {
  const whole = Math.trunc(index) || 0; // NaN is 0
  return whole < 0 ? Math.max(0, size + whole) : Math.min(whole, size);
}
