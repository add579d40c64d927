/** The I/O completion port: files are opened by CreateFile, bound to the port, and read by ReadFile. */
import type { BigIntStats, Stats } from 'node:fs';
import { toNamespacedPath } from 'node:path';
import type { AccessHint, BackendFile, FileKind, OpenRequest } from '../backend.js';
import { systemError } from '../errors.js';
import type { NativeEngine, NativeEngineOptions } from './binding.js';
import { NativeBackend, type NativeFiles } from './native-backend.js';
import { bigintStatsOf, statsOf } from './win32-stats.js';

const NAME = 'iocp';

/** What `@overlapped/win-iocp` exports once it is loaded. */
export interface IocpBinding {
  createEngine(options: NativeEngineOptions): IocpEngine;
}

export interface IocpEngine extends NativeEngine {
  openFileSync(path: string, options: IocpFileOptions): IocpOpenedFile;
  openFile(path: string, options: IocpFileOptions): Promise<IocpOpenedFile>;
  bindFile(id: number): void;
  closeFile(id: number): Promise<void>;
  /** In the order of {@link statsOf}'s fields. */
  statFile(id: number): Promise<readonly bigint[]>;
}

export interface IocpFileOptions {
  readonly direct: boolean;
  readonly readable: boolean;
  readonly overlapped: boolean;
  readonly access: number;
}

export interface IocpOpenedFile {
  readonly id: number;
  readonly kind: number;
}

/** Options of {@link createIocpBackend}. */
export interface IocpOptions {
  /** The most reads in flight, 1 to 32768. More wait in line (R77). */
  readonly capacity?: number;
  /** For buffered reads of at least this many bytes a helper thread calls ReadFile, not the event loop's thread. */
  readonly asyncBytes?: number;
}

const DEFAULTS = { capacity: 1024, asyncBytes: 1 << 20 };

const KINDS: readonly FileKind[] = ['regular', 'character', 'pipe', 'other'];
const ACCESS: Readonly<Record<AccessHint, number>> = { normal: 0, random: 1, sequential: 2 };

/** A handle is no file descriptor. Numbers from here on are none of the C run-time's, so `fs` refuses them. */
const FIRST_FD = 0x4000_0000;

function failure(error: unknown, syscall: string, path?: string): unknown {
  const { win32, native } = error as { win32?: unknown; native?: unknown };
  if (typeof win32 !== 'number' || typeof native !== 'number') return error; // not Windows' doing
  return systemError({ syscall, win32, native: { kind: 'win32', code: native }, path, backend: NAME });
}

class IocpFiles implements NativeFiles {
  constructor(private readonly engine: IocpEngine) {}

  openSync(request: OpenRequest): BackendFile {
    try {
      return describe(this.engine.openFileSync(longPath(request.path), optionsOf(request)), request);
    } catch (error) {
      throw failure(error, 'open', request.path);
    }
  }

  async open(request: OpenRequest): Promise<BackendFile> {
    try {
      return describe(await this.engine.openFile(longPath(request.path), optionsOf(request)), request);
    } catch (error) {
      throw failure(error, 'open', request.path);
    }
  }

  bind(file: BackendFile): void {
    try {
      this.engine.bindFile(file.id);
    } catch (error) {
      throw failure(error, 'bind', file.path);
    }
  }

  async stat(file: BackendFile, bigint: boolean): Promise<Stats | BigIntStats> {
    try {
      const fields = await this.engine.statFile(file.id);
      return bigint ? bigintStatsOf(fields) : statsOf(fields);
    } catch (error) {
      throw failure(error, 'fstat', file.path);
    }
  }

  async close(file: BackendFile): Promise<void> {
    try {
      await this.engine.closeFile(file.id);
    } catch (error) {
      throw failure(error, 'close', file.path);
    }
  }
}

/** As node:fs does: an absolute path with \\?\, which lifts the limit of 260 characters. Pipes keep their names. */
function longPath(path: string): string {
  return toNamespacedPath(path);
}

function optionsOf({ direct, readable, overlapped, access }: OpenRequest): IocpFileOptions {
  return { direct, readable, overlapped, access: ACCESS[access] };
}

function describe({ id, kind }: IocpOpenedFile, { path, direct }: OpenRequest): BackendFile {
  return { id, fd: FIRST_FD + id, kind: KINDS[kind] ?? 'other', path, direct };
}

/** @throws OverlappedError when the port can't be made: the reason the selector reports */
export function createIocpBackend(binding: IocpBinding, options: IocpOptions = {}): NativeBackend {
  const { capacity, asyncBytes } = { ...DEFAULTS, ...options };
  return new NativeBackend({
    name: NAME,
    errorKind: 'win32',
    capabilities: { cancel: true, pipes: true, direct: true, synchronousOutcomes: true, batches: true },
    capacity,
    asyncBytes,
    aloneBytes: 0,
    win32Of: (raw) => raw,
    createEngine: (engineOptions) => {
      try {
        return binding.createEngine(engineOptions);
      } catch (error) {
        throw failure(error, 'CreateIoCompletionPort');
      }
    },
    files: (engine) => new IocpFiles(engine as IocpEngine),
  });
}
