/** The command `overlapped`. Its exit code is the command's own, or what the failure says. */
import { exitCodeOf, reportFailure } from './failure.js';
import { createProgram } from './program.js';

createProgram((code) => (process.exitCode = code))
  .parseAsync()
  .catch((error: unknown) => {
    reportFailure(error);
    process.exitCode = exitCodeOf(error);
  });
