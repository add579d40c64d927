/** An `fs.Stats` from what Windows says of an open handle, field by field as libuv fills it. */
import { constants, type Stats } from 'node:fs';

/**
 * The order in which the addon gives them: `StatField` of packages/win-iocp/native/files.h; `pnpm build` fails when the two
 * differ. Times are in milliseconds since 1970.
 */
const enum StatField {
  Kind,
  ReadOnly,
  Device,
  Inode,
  Links,
  Size,
  Blocks,
  AccessTime,
  ModifyTime,
  ChangeTime,
  BirthTime,
  Count,
}

const { S_IFREG, S_IFCHR, S_IFIFO } = constants;
/** By the addon's kinds: regular, character, pipe, other. */
const TYPES: readonly number[] = [S_IFREG, S_IFCHR, S_IFIFO, 0];

const READ_WRITE = 0o666;
const READ_ONLY = 0o444;
const BLOCK_BYTES = 4096;

/** @param prototype `fs.Stats.prototype`: its constructor is deprecated (DEP0180), its methods are what is wanted */
export function statsOf(fields: readonly number[], prototype: object): Stats {
  const field = (at: StatField): number => fields[at] ?? 0;
  const type = TYPES[field(StatField.Kind)] ?? 0;
  const times = {
    atime: field(StatField.AccessTime),
    mtime: field(StatField.ModifyTime),
    ctime: field(StatField.ChangeTime),
    birthtime: field(StatField.BirthTime),
  };
  const stats = Object.create(prototype) as Stats;
  Object.assign(stats, {
    dev: field(StatField.Device),
    mode: type | (field(StatField.ReadOnly) === 0 ? READ_WRITE : READ_ONLY),
    nlink: field(StatField.Links),
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: BLOCK_BYTES,
    ino: field(StatField.Inode),
    size: field(StatField.Size),
    blocks: field(StatField.Blocks),
  });
  // Newer Nodes have accessors for the dates on the prototype, so they are defined, not assigned.
  for (const [name, milliseconds] of Object.entries(times)) {
    define(stats, `${name}Ms`, milliseconds);
    define(stats, name, new Date(Math.round(milliseconds)));
  }
  return stats;
}

function define(stats: Stats, name: string, value: unknown): void {
  Object.defineProperty(stats, name, { value, enumerable: true, writable: true, configurable: true });
}
