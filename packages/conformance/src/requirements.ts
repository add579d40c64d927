/** The contract's statements by number: what test titles refer to as `[R12]`. docs/contract.md is written from this. */

/** Where a statement can be shown: on every system, or only where the system has what it speaks of. */
export type AppliesTo = 'all' | 'windows' | 'linux';

/** One numbered statement of the contract. */
export interface Requirement {
  /** Never used again for another statement. */
  readonly id: `R${number}`;
  /** One sentence, true on every system that it applies to. */
  readonly statement: string;
  /** Where it can be shown. */
  readonly appliesTo: AppliesTo;
}

type Row = readonly [number, string, AppliesTo?];

/** The contract's chapters, in order. Windows rows without a generator here are shown on the IOCP driver's seam. */
const CHAPTERS: readonly (readonly [string, readonly Row[]])[] = [
  [
    'Open',
    [
      [
        1,
        "Opening takes exactly the article's arguments: read access, sharing everything, existing files only.",
      ],
      [2, 'Opening never creates, truncates or locks; others may read, write, rename and delete meanwhile.'],
      [
        3,
        "A refusal carries the system's number, the neutral code, the operation and the path; nothing stays open.",
      ],
      [4, 'What is missing is ENOENT; a file used as a directory is ENOENT or ENOTDIR.'],
      [5, 'A directory is refused at open with EISDIR, and told from a denial.'],
      [6, 'A file that another handle holds with a denying share mode is EBUSY.', 'windows'],
      [7, 'The document layer adopts pipes and character devices.'],
    ],
  ],
  [
    'Bind',
    [
      [8, "Binding associates a handle with the backend's completion queue; failure throws."],
      [9, 'Null is a TypeError; a closed, zero or -1 handle is EBADF.'],
      [10, 'A handle that is not overlapped, or is bound already, is EINVAL.'],
      [11, 'A bind lasts until its handle closes.'],
      [12, 'The bound object does not own the handle: disposing it is idempotent and closes nothing.'],
      [13, 'A file that we opened and could not bind is closed.'],
      [14, 'Systems without a bind keep the same rules in software.'],
    ],
  ],
  [
    'Callback',
    [
      [15, 'The callback gets (errorCode, numBytes, overlapped), the last identical to what pack returned.'],
      [16, 'errorCode is 0 or a Win32 number, taken from each packet by itself.'],
      [17, 'Other systems map their numbers to the same space and keep the raw one beside it.'],
      [18, 'An error comes with 0 bytes, and nobody decides by that.'],
      [19, 'End of file in the callback is (38, 0); the file API gives 0 bytes.'],
      [20, 'A read that finished inside the call still gets its callback.'],
      [21, 'Every read ends exactly once: by the return or by one callback.'],
      [22, 'The callback runs in a later job of the same thread, never inside the issuing call.'],
      [23, 'A callback that throws stops no other completion and surfaces as an uncaught exception.'],
      [24, 'The async context of pack reaches the callback; that of the unsafe forms does not.'],
      [25, 'Nobody relies on an order between callbacks of different reads.'],
    ],
  ],
  [
    'Pack, pin, free',
    [
      [26, 'Pack pins the buffer until free.'],
      [27, 'The pin outlives the issuing scope, every other reference, and a garbage collection.'],
      [28, "Reads fill the caller's memory or the library's, and either serves many reads."],
      [29, 'One buffer, several, none or an empty one can be pinned; what fails leaves nothing pinned.'],
      [30, 'What is packed is packed again only after free.'],
      [31, 'A fresh or recycled overlapped is zero, except for the offsets it was given.'],
      [32, 'Unpack and state give back the identical object.'],
      [33, 'Freeing twice, in flight, or through another bound object throws.'],
      [34, 'The callback frees; after a synchronous failure or end of file the issuer does.'],
      [
        35,
        'One overlapped carries one read at a time; a pre-allocated one is reused, and disposed only after its read.',
      ],
      [36, 'A packet for a read that is not in flight is counted and dropped.'],
      [37, "Resources are released when the completion is taken, before the caller's continuation."],
      [38, 'A pin holds the memory itself.'],
      [39, 'A buffer transferred away while pending: an error, the bytes lost, no crash.'],
      [40, 'Views on resizable buffers are refused.'],
      [41, 'A pin leaves no mark on the buffer.'],
      [42, 'Nobody touches the buffer between issue and completion.'],
      [43, 'Bytes beyond those read stay as they were; with direct, beyond those asked for.'],
    ],
  ],
  [
    'Positions',
    [
      [44, 'Positions have 64 bits, in two words.'],
      [45, 'What is no position from 0 to 2^63 - 1 is refused before anything is issued.'],
      [46, 'The system keeps and moves no position.'],
      [47, 'What has no positions ignores them.'],
      [48, 'At and beyond the end, however far, there is an end of file and no error.'],
    ],
  ],
  [
    'Issue',
    [
      [49, 'TRUE: finished; the callback comes, and the last error means nothing.'],
      [50, 'FALSE and 997: pending, no failure.'],
      [51, 'FALSE and 38: end of file; no callback; the issuer frees.'],
      [52, 'FALSE and 109 or 233: the same for pipes.'],
      [53, 'FALSE and 234: part of a message; the callback comes.', 'windows'],
      [54, 'FALSE and anything else: a failure; no callback; the issuer frees.'],
      [55, 'The error is taken inside the call, before anything can change it.'],
      [56, 'FALSE and 6 for a handle believed open: it is given up as EBADF.', 'windows'],
      [57, 'Reading at the end of a file opened past the cache is an end of file, not an invalid parameter.'],
      [58, 'A read can be found before it is handed to the system.', 'windows'],
      [59, 'A NULL overlapped is refused.'],
      [60, 'Closed, unreadable, too long, without memory: refused at issue, each with its own error.'],
      [61, 'A read of no bytes succeeds with 0 at any position.'],
      [62, 'A short read is a success.'],
    ],
  ],
  [
    'Cancel',
    [
      [63, 'Cancelling is a request; the completion says how the read ended.'],
      [64, 'Finding nothing to cancel is normal.'],
      [65, 'Nothing is freed because a read was cancelled.'],
      [66, "A cancelled read is 995, or an AbortError with the signal's reason."],
      [67, 'A read that completes although it was cancelled is a success.'],
      [68, 'With a signal that is aborted already nothing is issued.'],
      [69, 'A late abort touches no later read.'],
    ],
  ],
  [
    'Close and drain',
    [
      [70, 'Close refuses new reads, cancels, waits for every packet, then closes; it is idempotent.'],
      [71, 'Closing the file is never what ends a read.'],
      [72, 'No descriptor closes while an unsubmitted read names it.'],
      [73, 'The drain thread is woken by a packet and joined before the port closes.', 'windows'],
      [
        74,
        'Memory of reads in flight outlives them, also when a process or worker ends; neither hangs nor crashes.',
      ],
      [75, 'Pending reads keep the event loop alive, an idle backend does not.'],
      [76, 'Reads are not issued from threads that may end first.', 'windows'],
      [77, 'Too many reads are refused to be tried again, or wait in line; none is lost.'],
    ],
  ],
  [
    'Layers',
    [
      [78, 'The document layer is an entry of its own and not part of the main one.'],
      [79, 'The file API reads at positions, any number at once, and 0 bytes is the end.'],
      [80, 'Streams own the position, the buffers and the order, and never pass the end of the file.'],
      [81, "The file API and the streams stand on the document layer's public contract only."],
      [82, 'What newcomers read first uses the file API.'],
    ],
  ],
  [
    'Selection',
    [
      [83, 'Each platform takes its own backend if that works, else node:fs.'],
      [84, 'A refusal is normal: decided once, reported with its reason, never thrown at import.'],
      [85, 'A backend asked for by name fails with its reason and is not replaced.'],
    ],
  ],
];

/** Statements that belong together. */
export interface Chapter {
  /** Its heading in docs/contract.md. */
  readonly title: string;
  /** In order. */
  readonly requirements: readonly Requirement[];
}

/** The contract, chapter by chapter. */
export const REQUIREMENT_CHAPTERS: readonly Chapter[] = CHAPTERS.map(([title, rows]) => ({
  title,
  requirements: rows.map(([number, statement, appliesTo = 'all']) => ({
    id: `R${number}` as const,
    statement,
    appliesTo,
  })),
}));

/** All statements, in order. */
export const REQUIREMENTS: readonly Requirement[] = REQUIREMENT_CHAPTERS.flatMap(
  ({ requirements }) => requirements,
);
