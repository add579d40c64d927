/** The document's constants, with winbase.h's and winerror.h's names and values. The same on every backend. */

// CreateFile: desired access.
/** Read access. The article spells it GENERIC_READ_ACCESS. */
export const GENERIC_READ = 0x8000_0000;
/** Opens a handle that can't be read: its reads are refused with error 5 (R60). */
export const GENERIC_WRITE = 0x4000_0000;

// CreateFile: share mode.
/** Others may read the file meanwhile. The three share modes go together (R1, R2). */
export const FILE_SHARE_READ = 0x1;
/** Others may write the file meanwhile. */
export const FILE_SHARE_WRITE = 0x2;
/** Others may rename and delete the file meanwhile. */
export const FILE_SHARE_DELETE = 0x4;

// CreateFile: creation disposition.
/** Opens what is there; the other four dispositions would create or truncate (R2). */
export const OPEN_EXISTING = 3;

// CreateFile: flags and attributes.
/** No attributes. Accepted, and changes nothing. */
export const FILE_ATTRIBUTE_NORMAL = 0x80;
/** The handle's reads are asynchronous. Without it a handle can't be bound (R10). */
export const FILE_FLAG_OVERLAPPED = 0x4000_0000;
/** Past the page cache: O_DIRECT on Linux. Position, length and address must then be multiples of 4096 bytes. */
export const FILE_FLAG_NO_BUFFERING = 0x2000_0000;
/** A hint to the system: reads will jump. */
export const FILE_FLAG_RANDOM_ACCESS = 0x1000_0000;
/** A hint to the system: reads will go from front to back. */
export const FILE_FLAG_SEQUENTIAL_SCAN = 0x0800_0000;

// What ReadFile's last error and the callback's errorCode can be.
/** The read succeeded; fewer bytes than asked for are no error (R62). */
export const ERROR_SUCCESS = 0;
/** There is no such file (R4). ENOENT. */
export const ERROR_FILE_NOT_FOUND = 2;
/** Not allowed, or the handle was opened without read access (R60). EACCES. */
export const ERROR_ACCESS_DENIED = 5;
/** The handle is closed (R60). EBADF. */
export const ERROR_INVALID_HANDLE = 6;
/** The system is out of memory. ENOMEM. */
export const ERROR_NOT_ENOUGH_MEMORY = 8;
/** End of file, with 0 bytes (R19, R51). Never an error of the file API. */
export const ERROR_HANDLE_EOF = 38;
/** The handle is not bound, or the read is misaligned past the page cache. EINVAL. */
export const ERROR_INVALID_PARAMETER = 87;
/** The pipe's writer has gone: an end of file (R52). */
export const ERROR_BROKEN_PIPE = 109;
/** The pipe has no writer: an end of file (R52). */
export const ERROR_PIPE_NOT_CONNECTED = 233;
/** A part of a message was read; Windows only (R53). */
export const ERROR_MORE_DATA = 234;
/** The read was cancelled (R66). ECANCELED. */
export const ERROR_OPERATION_ABORTED = 995;
/** The read goes on and its callback comes: no failure (R50). */
export const ERROR_IO_PENDING = 997;
/** The buffer has gone: it was transferred or detached (R39). EFAULT. */
export const ERROR_NOACCESS = 998;
/** There was nothing to cancel, which is normal (R64). Never surfaces. */
export const ERROR_NOT_FOUND = 1168;
/** The system is short of something: try again after a completion (R77). ENOBUFS. */
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
