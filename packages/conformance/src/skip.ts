/** Skips the running test, with its reason in the report, unless `condition` holds. */
export function skipUnless(test: Mocha.Context, condition: boolean, reason: string): void {
  if (condition) return;
  const runnable = test.runnable();
  runnable.title += ` (skipped: ${reason})`;
  test.skip();
}

/** What loading a native package came to. */
type Loaded<T> =
  | { readonly ok: true; readonly addon: T }
  | { readonly ok: false; readonly refusal: { readonly code: string; readonly message: string } };

/**
 * Registers `suites` where the addon can be loaded; elsewhere one test that is skipped with the reason.
 * @param required where the addon has to be there: then its lack is a failure
 */
export function whereLoaded<T>(
  title: string,
  loaded: Loaded<T>,
  required: boolean,
  suites: (addon: T) => void,
): void {
  if (loaded.ok) {
    suites(loaded.addon);
    return;
  }
  const { code, message } = loaded.refusal;
  describe(title, () => {
    it(`is not available here: ${code}: ${message}`, function () {
      if (required) throw new Error(`${code}: ${message}`);
      this.skip();
    });
  });
}

/** In CI, on the system that an addon is for, its lack is a failure and never a skip. */
export function requiredOnLinux(): boolean {
  return process.platform === 'linux' && Boolean(process.env.CI);
}
