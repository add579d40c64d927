/** io_uring: files are opened on this thread where that takes no time, else through node:fs, and read through the ring. */
import fs, { type BigIntStats, type Stats } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Backend, BackendFile, FileKind, OpenRequest } from '../backend.js';
import { systemError, win32FromErrno } from '../errors.js';
import {
  closeDescriptor,
  closeDescriptorSync,
  openDescriptor,
  openDescriptorSync,
  statDescriptor,
} from '../node-fs/node-files.js';
import type { NativeEngine, NativeEngineOptions } from './binding.js';
import { NativeBackend, type NativeFiles } from './native-backend.js';
import { OPEN_COST_BYTES, TURN_BUDGET_BYTES, type TurnBudget } from './turn-budget.js';

const NAME = 'io_uring';

/** What `@overlapped/linux-uring` exports once it is loaded. */
export interface UringBinding {
  createEngine(options: UringEngineOptions): UringEngine;
}

interface UringEngineOptions extends NativeEngineOptions {
  /** Entries of the submission queue: a batch size, not a limit. */
  readonly queueEntries: number;
}

export interface UringEngine extends NativeEngine {
  /**
   * Opens a regular file for reading if that takes no time: its path is in the kernel's memory, and its file system local.
   * @returns its descriptor, the caller's to close; -1 if node:fs has to do it, which then says why it can't
   */
  openAtOnce(path: string, direct: boolean): number;
  /** Names a descriptor to the engine. `positioned` is false for pipes, whose reads carry no position (R47). */
  addFile(fd: number, positioned: boolean): number;
  /** @returns whether the descriptor can be closed at once, without waiting for anything */
  removeFile(id: number): boolean;
  /** The file's `st_mode`, of which the type is right; 0 where the system does not say. Waits for nothing. */
  fileMode(fd: number): number;
}

/** Options of {@link createUringBackend}. */
export interface UringOptions {
  /** The most reads in flight, 1 to 32768. More wait in line (R77). */
  readonly capacity?: number;
  /** Entries of the submission queue, a power of two: how many reads one system call takes. */
  readonly queueEntries?: number;
  /** Buffered reads of at least this many bytes are copied by kernel workers, not by the event loop's thread. */
  readonly asyncBytes?: number;
  /** But a cached one of at most this many, with no other in flight, by the event loop's thread: that is faster. */
  readonly aloneBytes?: number;
}

const DEFAULTS = { capacity: 1024, queueEntries: 256, asyncBytes: 1 << 20, aloneBytes: TURN_BUDGET_BYTES };

const UNPOSITIONED: ReadonlySet<FileKind> = new Set(['pipe', 'character', 'other']);

/**
 * Whether only node:fs may open files: the permission model has to be asked, and a worker's Node keeps account of what is open, to
 * close it when the worker ends.
 */
function isForNodeToOpen(): boolean {
  return !isMainThread || 'permission' in process;
}

class UringFiles implements NativeFiles {
  constructor(
    private readonly engine: UringEngine,
    private readonly nodeFs: () => Backend,
    private readonly pay: TurnBudget['pay'],
  ) {}

  openSync(request: OpenRequest): BackendFile {
    return this.register(openDescriptorSync(request, NAME, this.modeOf));
  }

  /** On this thread where that takes no time and Node has no say in it: by way of the pool it takes ten times as long. */
  async open(request: OpenRequest): Promise<BackendFile> {
    const { path, direct, readable } = request;
    if (readable && !isForNodeToOpen()) {
      await this.pay(OPEN_COST_BYTES);
      const fd = this.engine.openAtOnce(path, direct);
      if (fd >= 0) return this.register({ id: fd, fd, kind: 'regular', path, direct });
    }
    const file = await openDescriptor(request, NAME, this.modeOf);
    // Rings read what has no positions less well than node:fs, and broke serial ports in Node once (libuv#4101).
    const handOver = request.positionedOnly && UNPOSITIONED.has(file.kind);
    return handOver ? { ...file, servedBy: this.nodeFs() } : this.register(file);
  }

  bind(): void {
    // A ring takes any descriptor; the layer above keeps the rules (R14).
  }

  stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats> {
    return statDescriptor(file, bigint, NAME);
  }

  /** On this thread where that takes no time: by way of the pool it takes ten times as long. */
  async close(file: BackendFile): Promise<void> {
    if (this.engine.removeFile(file.id)) closeDescriptorSync(file, NAME);
    else await closeDescriptor(file, NAME);
  }

  /** Spares the pool a visit. */
  private readonly modeOf = (fd: number): number => this.engine.fileMode(fd);

  /** An engine that is closed takes no file: nothing stays open (R3). */
  private register({ fd, kind, path, direct }: BackendFile): BackendFile {
    try {
      return { id: this.engine.addFile(fd, !UNPOSITIONED.has(kind)), fd, kind, path, direct };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }
}

/** @throws OverlappedError when the ring can't be made: the reason the selector reports */
export function createUringBackend(
  binding: UringBinding,
  nodeFs: () => Backend,
  options: UringOptions = {},
): NativeBackend {
  const { capacity, queueEntries, asyncBytes, aloneBytes } = { ...DEFAULTS, ...options };
  return new NativeBackend({
    name: NAME,
    errorKind: 'errno',
    capabilities: { cancel: true, pipes: true, direct: true, synchronousOutcomes: false, batches: true },
    capacity,
    asyncBytes,
    aloneBytes,
    win32Of: win32FromErrno,
    createEngine: (engineOptions) => {
      try {
        return binding.createEngine({ ...engineOptions, queueEntries });
      } catch (error) {
        const errno = (error as { errno?: unknown }).errno;
        if (typeof errno !== 'number') throw error;
        const native = { kind: 'errno', code: errno } as const;
        throw systemError({ syscall: 'io_uring_setup', win32: win32FromErrno(errno), native, backend: NAME });
      }
    },
    files: (engine, pay) => new UringFiles(engine as UringEngine, nodeFs, pay),
  });
}
