/** The backends that programs run on, each as it is and as one whose reads go wrong. */
import { type FuzzOptions, faulty, type MakeSubject, plain, stepwise } from '@overlapped/conformance/model';
import { open, selectBackend } from '@overlapped/core';
import { type Backend, createIocpBackend, createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { load as loadUring } from '@overlapped/linux-uring';
import { load as loadIocp } from '@overlapped/win-iocp';

/** What one backend is fuzzed with. */
export interface Campaign extends Pick<FuzzOptions, 'faults' | 'workers'> {
  readonly backend: string;
  readonly makeSubject: MakeSubject;
}

type Refusal = { readonly refusal: string };
type Loaded = { readonly ok: true } | { readonly ok: false; readonly refusal: { readonly message: string } };

function refused(loaded: Extract<Loaded, { ok: false }>): Refusal {
  return { refusal: loaded.refusal.message };
}

/** How each backend is made anew; or why it is not to be had here. */
const FACTORIES: Readonly<Record<string, () => (() => Backend) | Refusal>> = {
  io_uring: () => {
    const loaded = loadUring();
    if (!loaded.ok) return refused(loaded);
    // A submission queue smaller than a program's reads, so that its backlog is used as well.
    return () =>
      createUringBackend(loaded.addon, () => new NodeFsBackend(), { capacity: 8, queueEntries: 2 });
  },
  iocp: () => {
    const loaded = loadIocp();
    return loaded.ok ? () => createIocpBackend(loaded.addon, { capacity: 8 }) : refused(loaded);
  },
  'node-fs': () => () => new NodeFsBackend({ capacity: 8 }),
};

/** Reads of this one end in an order that the program chooses: no system has a part in it, so every run is the same. */
const STEPWISE = 'stepwise';

export const BACKEND_NAMES: readonly string[] = [...Object.keys(FACTORIES), STEPWISE];

/** Whether `direct` works on the file system of `path`. */
async function hasDirect(backend: Backend, path: string): Promise<boolean> {
  if (!backend.capabilities.direct) return false;
  try {
    await (await open(path, { backend, direct: true })).close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOTSUP') return false;
    throw error;
  }
}

/**
 * What there is to run of one backend.
 * @param scratch a file where the programs' files will be
 * @returns campaigns, or why there are none
 */
export async function campaignsOf(name: string, scratch: string): Promise<readonly Campaign[] | Refusal> {
  if (name === STEPWISE) {
    return [{ backend: name, makeSubject: stepwise(), faults: true, workers: false }];
  }
  const factory = (FACTORIES[name] as (typeof FACTORIES)[string])();
  if (typeof factory !== 'function') return factory;
  const backend = selectBackend(name);
  const direct = await hasDirect(backend, scratch);
  return [
    { backend: name, makeSubject: plain(backend, { workers: name, direct }), faults: false, workers: true },
    { backend: name, makeSubject: faulty(factory), faults: true, workers: false },
  ];
}
