/** What the name of a peer says about it. */

/** Reads nothing: it shows what the machine does by itself. */
export const CONTROL = 'no-reads';

/** The backend of a way of this library, which is `way@backend`; undefined for the peers of others. */
export function backendOf(peer: string): string | undefined {
  return peer.split('@')[1];
}

export type Owner = 'Overlapped' | 'Overlapped on node:fs' | 'node:fs' | 'fio' | 'control';

/** Whose work it is. */
export function ownerOf(peer: string): Owner {
  const backend = backendOf(peer);
  if (backend !== undefined) return backend === 'node-fs' ? 'Overlapped on node:fs' : 'Overlapped';
  if (peer === CONTROL) return 'control';
  return peer.startsWith('fio') ? 'fio' : 'node:fs';
}
