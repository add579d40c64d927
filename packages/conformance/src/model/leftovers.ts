/** What a program may leave behind: nothing. Looks at counters inside the library that its users have no need of. */
import type { OverlappedFile } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import type { SafeFileHandle } from '@overlapped/core/overlapped';
import assert from 'node:assert/strict';
import fs from 'node:fs';

const DESCRIPTORS = '/proc/self/fd';

/** What a descriptor is open on; undefined where it was closed meanwhile. */
function target(descriptor: string): string | undefined {
  try {
    return fs.readlinkSync(`${DESCRIPTORS}/${descriptor}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** This process's descriptors of any of `paths`, also of those without a name; 0 where the system does not list them. */
function countDescriptors(paths: readonly string[]): number {
  if (process.platform !== 'linux') return 0;
  return fs
    .readdirSync(DESCRIPTORS)
    .map(target)
    .filter((file) => paths.some((path) => file === path || file === `${path} (deleted)`)).length;
}

type Port = Pick<SafeFileHandle['port'], 'inFlight' | 'queued' | 'strayPackets'>;

function portOf(file: OverlappedFile): Port {
  return (file as unknown as { handle: SafeFileHandle }).handle.port;
}

/** The views that a native backend holds for reads in flight; none where a backend keeps no such list. */
function pinsOf(backend: Backend): readonly unknown[] {
  return (backend as unknown as { pins?: readonly unknown[] }).pins ?? [];
}

export class Leftovers {
  private port: { readonly counters: Port; readonly strays: number } | undefined;

  /**
   * @param backend the one that has the pins, inside whatever is around it
   * @param paths the program's files, by real paths
   */
  constructor(
    private readonly backend: Backend,
    private readonly paths: readonly string[],
  ) {}

  /** Takes note of the completion port that `file` is bound to. */
  watch(file: OverlappedFile): void {
    if (this.port !== undefined) return;
    const counters = portOf(file);
    this.port = { counters, strays: counters.strayPackets };
  }

  /** Why the world is not as it was before; undefined if it is. */
  found(): string | undefined {
    const { backend, port, paths } = this;
    const counts: readonly (readonly [number, string])[] = [
      [backend.stats().inFlight, 'reads that the backend has in flight'],
      [pinsOf(backend).filter((pin) => pin !== null).length, 'pins'],
      [port?.counters.inFlight ?? 0, 'slots'],
      [port?.counters.queued ?? 0, 'reads in line'],
      [(port?.counters.strayPackets ?? 0) - (port?.strays ?? 0), 'completions of no read in flight (R36)'],
      [countDescriptors(paths), 'open descriptors'],
    ];
    const left = counts.filter(([count]) => count !== 0);
    return left.length === 0 ? undefined : left.map(([count, what]) => `${count} ${what}`).join(', ');
  }

  /** @param turn lets whatever still ends go on; what libuv closes takes a turn or two */
  async check(turn: () => Promise<void>): Promise<void> {
    for (let turns = 0; turns < 100 && this.found() !== undefined; turns++) await turn();
    const left = this.found();
    if (left !== undefined) assert.fail(`left behind: ${left}`);
  }
}
