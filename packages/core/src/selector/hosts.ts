/** What runs this program: Node.js and what is built on it (Electron), or another program that offers Node's modules. */
import type { ProbeFailure } from './candidates.js';

interface OtherHost {
  readonly name: string;
  /** Its key in `process.versions`. */
  readonly key: string;
  /** What an addon that waits through libuv comes to there, as a relative clause. */
  readonly outcome: string;
}

/** Hosts that say they are Node.js but have no libuv. Which outcome was seen with which version: docs/hosts.md. */
const OTHER_HOSTS: readonly OtherHost[] = [
  { name: 'Bun', key: 'bun', outcome: 'which ends the process when one calls libuv’s uv_poll_init' },
  { name: 'Deno', key: 'deno', outcome: 'whose process dies in those that wait through libuv’s event loop' },
];

/** The tables that addons share with JS are on shared memory. */
const NO_SHARED_MEMORY: ProbeFailure = {
  code: 'no-shared-memory',
  message: 'there is no SharedArrayBuffer here, as in Electron’s windows without cross-origin isolation',
  remedy: 'read in the main process, or isolate the window: crossOriginIsolated must be true',
};

type Versions = Readonly<Record<string, string | undefined>>;

function otherHost(versions: Versions): OtherHost | undefined {
  return OTHER_HOSTS.find(({ key }) => versions[key] !== undefined);
}

/** Name and version, as in `Node.js v20.20.2` or `Bun 1.4.5`. */
export function hostName(versions: Versions = process.versions): string {
  const other = otherHost(versions);
  return other === undefined
    ? `Node.js v${versions.node ?? ''}`
    : `${other.name} ${versions[other.key] ?? ''}`;
}

/** Why native addons can't be tried here, since trying could end the process (R84); undefined where they can. */
export function hostRefusal(versions: Versions = process.versions): ProbeFailure | undefined {
  const other = otherHost(versions);
  if (other === undefined) return typeof SharedArrayBuffer === 'undefined' ? NO_SHARED_MEMORY : undefined;
  return {
    code: 'unsupported-host',
    message: `native addons are not used on ${hostName(versions)}, ${other.outcome}`,
    remedy: 'run the program with Node.js, or leave it so: node-fs serves',
  };
}
