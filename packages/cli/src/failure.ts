/** What the user is told when something fails: one line with the code, the file, and what to do next. */
import { CommanderError } from 'commander';

/** A failure of the command's own; its message says what to do. */
export class CommandError extends Error {}

/** What to do next, by the error's code. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'Ask for permission to read it, or run as its owner.',
  EISDIR: 'Name a file; for a whole folder: find FOLDER -type f.',
  EIO: 'The disk or the file system failed; the kernel log (dmesg) may say more.',
  EMFILE: 'Raise the limit of open files: ulimit -n.',
  ENOENT: 'Check the path, and the folder you are in.',
  ENOSPC: 'Free some space, or use another disk.',
  ENOTDIR: 'Check the path: a part of it is no folder.',
  ERR_INVALID_ARG_VALUE: 'Set it to one of these, or unset it.',
  ERR_OVERLAPPED_BACKEND_UNAVAILABLE: '`overlapped doctor` shows what can be had.',
};
const OTHERWISE = 'Try --backend node-fs; if that works, please report it.';

const USAGE_EXIT_CODE = 2;

/** True where the reader of the output has gone, as `head` does: no failure of this command. */
function isBrokenPipe(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' && syscall === 'write';
}

/** One line; a stack only where the error is nothing that was foreseen. */
export function describeFailure(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === undefined) return `${stack ?? message}\nThis is a defect; please report it.`;
  return `${message.replace(/\.$/, '')}. ${ADVICE[code] ?? OTHERWISE}`;
}

/** Says it on standard error, unless it was said already or there is nobody to read the output. */
export function reportFailure(error: unknown): void {
  if (error instanceof CommanderError || isBrokenPipe(error)) return;
  process.stderr.write(`overlapped: ${describeFailure(error)}\n`);
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  return isBrokenPipe(error) ? 0 : 1;
}
