/** Skips the running test, with its reason in the report, unless `condition` holds. */
export function skipUnless(test: Mocha.Context, condition: boolean, reason: string): void {
  if (condition) return;
  const runnable = test.runnable();
  runnable.title += ` (skipped: ${reason})`;
  test.skip();
}
