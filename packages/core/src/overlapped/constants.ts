/** The document's constants, with winbase.h's and winerror.h's names and values. The same on every backend. */

// CreateFile: desired access. The article spells the first one GENERIC_READ_ACCESS.
export const GENERIC_READ = 0x8000_0000;
export const GENERIC_WRITE = 0x4000_0000;

// CreateFile: share mode.
export const FILE_SHARE_READ = 0x1;
export const FILE_SHARE_WRITE = 0x2;
export const FILE_SHARE_DELETE = 0x4;

// CreateFile: creation disposition. The other four would create or truncate (R2).
export const OPEN_EXISTING = 3;

// CreateFile: flags and attributes.
export const FILE_ATTRIBUTE_NORMAL = 0x80;
export const FILE_FLAG_OVERLAPPED = 0x4000_0000;
export const FILE_FLAG_NO_BUFFERING = 0x2000_0000;
export const FILE_FLAG_RANDOM_ACCESS = 0x1000_0000;
export const FILE_FLAG_SEQUENTIAL_SCAN = 0x0800_0000;

// What ReadFile's last error and the callback's errorCode can be.
export const ERROR_SUCCESS = 0;
export const ERROR_FILE_NOT_FOUND = 2;
export const ERROR_ACCESS_DENIED = 5;
export const ERROR_INVALID_HANDLE = 6;
export const ERROR_NOT_ENOUGH_MEMORY = 8;
export const ERROR_HANDLE_EOF = 38;
export const ERROR_INVALID_PARAMETER = 87;
export const ERROR_BROKEN_PIPE = 109;
export const ERROR_PIPE_NOT_CONNECTED = 233;
export const ERROR_MORE_DATA = 234;
export const ERROR_OPERATION_ABORTED = 995;
export const ERROR_IO_PENDING = 997;
export const ERROR_NOACCESS = 998;
export const ERROR_NOT_FOUND = 1168;
export const ERROR_NO_SYSTEM_RESOURCES = 1450;
/** "Too many outstanding reads": try again after a completion (R77). */
export const ERROR_INVALID_USER_BUFFER = 1784;

/** Win32's three ways to say "no more bytes" (R19, R51, R52). */
export function isEndOfFile(errorCode: number): boolean {
  return (
    errorCode === ERROR_HANDLE_EOF ||
    errorCode === ERROR_BROKEN_PIPE ||
    errorCode === ERROR_PIPE_NOT_CONNECTED
  );
}

/** Size of the article's buffer, in bytes. */
export const ARTICLE_BUFFER_BYTES = 0x8000;
