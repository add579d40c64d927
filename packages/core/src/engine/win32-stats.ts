/** An `fs.Stats` from what Windows says of an open handle, field by field as libuv fills it. */
import fs, { type BigIntStats, constants, type Stats } from 'node:fs';

/**
 * The order in which the addon gives them: `StatField` of packages/win-iocp/native/files.h; `pnpm build` fails when the two
 * differ. Times are in nanoseconds since 1970.
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
const NANOSECONDS = 1_000_000n; // of a millisecond

/** What both kinds have. */
function integers(fields: readonly bigint[]): Record<string, bigint> {
  const field = (at: StatField): bigint => fields[at] ?? 0n;
  const type = TYPES[Number(field(StatField.Kind))] ?? 0;
  return {
    dev: field(StatField.Device),
    mode: BigInt(type | (field(StatField.ReadOnly) === 0n ? READ_WRITE : READ_ONLY)),
    nlink: field(StatField.Links),
    uid: 0n,
    gid: 0n,
    rdev: 0n,
    blksize: BigInt(BLOCK_BYTES),
    ino: BigInt.asUintN(64, field(StatField.Inode)),
    size: field(StatField.Size),
    blocks: field(StatField.Blocks),
  };
}

/** By name, in nanoseconds. */
function times(fields: readonly bigint[]): [string, bigint][] {
  return [
    ['atime', fields[StatField.AccessTime] ?? 0n],
    ['mtime', fields[StatField.ModifyTime] ?? 0n],
    ['ctime', fields[StatField.ChangeTime] ?? 0n],
    ['birthtime', fields[StatField.BirthTime] ?? 0n],
  ];
}

export function statsOf(fields: readonly bigint[]): Stats {
  // Stats' constructor is deprecated (DEP0180); its methods are what is wanted.
  const stats = Object.create(fs.Stats.prototype) as Stats;
  for (const [name, value] of Object.entries(integers(fields))) define(stats, name, Number(value));
  for (const [name, nanoseconds] of times(fields)) {
    // Rounded as Node rounds seconds and nanoseconds.
    const milliseconds =
      Number(nanoseconds / 1_000_000_000n) * 1e3 + Number(nanoseconds % 1_000_000_000n) / 1e6;
    define(stats, `${name}Ms`, milliseconds);
    define(stats, name, new Date(Math.round(milliseconds)));
  }
  return stats;
}

let bigintPrototype: object | undefined;

export function bigintStatsOf(fields: readonly bigint[]): BigIntStats {
  // Node exports no BigIntStats, so its prototype is taken from one.
  bigintPrototype ??= Object.getPrototypeOf(fs.statSync(process.execPath, { bigint: true })) as object;
  const stats = Object.create(bigintPrototype) as BigIntStats;
  for (const [name, value] of Object.entries(integers(fields))) define(stats, name, value);
  for (const [name, nanoseconds] of times(fields)) {
    define(stats, `${name}Ns`, nanoseconds);
    define(stats, `${name}Ms`, nanoseconds / NANOSECONDS);
    define(stats, name, new Date(Number(nanoseconds / NANOSECONDS))); // whole milliseconds, cut off as Node's are
  }
  return stats;
}

/** Newer Nodes have accessors for the dates on the prototype, so fields are defined, not assigned. */
function define(stats: object, name: string, value: unknown): void {
  Object.defineProperty(stats, name, { value, enumerable: true, writable: true, configurable: true });
}
