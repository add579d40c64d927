/** The raw addons: how each makes an engine, and how its files come to be. */
import { load as loadUring } from '@overlapped/linux-uring';
import { load as loadIocp } from '@overlapped/win-iocp';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join, toNamespacedPath } from 'node:path';

export type Engine = Record<string, (...args: unknown[]) => unknown>;

export interface RawAddon {
  readonly layout: readonly number[];
  createEngine(options: unknown): Engine;
}

/** Files that exist before a program's first step, so that its requests may name them: 0, 1, ... */
export interface AddonUse {
  readonly addon: RawAddon;
  readonly addFiles: (engine: Engine) => void;
  readonly dispose: () => void;
}

/** Every byte of the file that is read. */
export const FILE_BYTE = 0x11;
const FILE_BYTES = 8192;

type Use = (folder: string) => AddonUse;
type Refusal = { readonly refusal: string };

function writeFile(folder: string): string {
  const path = join(folder, 'file');
  fs.writeFileSync(path, Buffer.alloc(FILE_BYTES, FILE_BYTE));
  return path;
}

/** A file, and a FIFO without data, whose reads stay in flight. */
function useUring(addon: RawAddon): Use {
  return (folder) => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const fds = [fs.openSync(writeFile(folder), 'r'), fs.openSync(fifo, fs.constants.O_RDWR)];
    return {
      addon,
      addFiles: (engine) => fds.forEach((fd, i) => engine['addFile']?.(fd, i === 0)),
      dispose: () => fds.forEach((fd) => fs.closeSync(fd)),
    };
  };
}

function useIocp(addon: RawAddon): Use {
  return (folder) => {
    const path = toNamespacedPath(writeFile(folder));
    const options = { direct: false, readable: true, overlapped: true, access: 0 };
    return {
      addon,
      addFiles: (engine) => {
        const { id } = engine['openFileSync']?.(path, options) as { id: number };
        engine['bindFile']?.(id);
      },
      dispose: () => undefined,
    };
  };
}

/** By the backend that each is of. */
export const ADDONS: Readonly<Record<string, () => Use | Refusal>> = {
  io_uring: () => {
    const loaded = loadUring();
    return loaded.ok ? useUring(loaded.addon as never) : { refusal: loaded.refusal.message };
  },
  iocp: () => {
    const loaded = loadIocp();
    return loaded.ok ? useIocp(loaded.addon as never) : { refusal: loaded.refusal.message };
  },
};
