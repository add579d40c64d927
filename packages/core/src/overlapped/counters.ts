/** What can be counted of a backend's reads, from the call to the completion. */
import type { Backend, BackendStats } from '../backend.js';
import { usedPortOf } from './completion-port.js';

/**
 * Counters since the backend was made. Every read that was taken is in exactly one of `queued`, `inFlight`, `completed`,
 * `cancelled` and `failed` (R21). One that was refused at once, by a closed file or a full line, is in none.
 */
export interface BackendCounters extends BackendStats {
  /** The backend's name. */
  readonly backend: string;
  /** Reads that wait in line for a slot, above the system (R77). */
  readonly queued: number;
  /** Reads that a slot has: the system has them, or gets them in this turn of the event loop or the next one. */
  readonly inFlight: number;
  /** Reads that have ended with bytes, or at the end of the file. */
  readonly completed: number;
  /** Reads that were given up, by the system or in line: an abort or a close that came in time (R66). */
  readonly cancelled: number;
  /** Reads that have ended with any other error. */
  readonly failed: number;
  /** Bytes of all reads that have ended. */
  readonly bytesRead: number;
}

/** Of a backend that nothing was read from. */
const UNUSED = {
  queued: 0,
  inFlight: 0,
  completed: 0,
  cancelled: 0,
  failed: 0,
  bytesRead: 0,
  strayPackets: 0,
};

/** The counters of one backend. They stay readable after it was closed. */
export function countersOf(backend: Backend): BackendCounters {
  const stats = backend.stats();
  const port = usedPortOf(backend) ?? UNUSED;
  const { queued, inFlight, completed, cancelled, failed, bytesRead } = port;
  const strays = stats.strays + port.strayPackets;
  return {
    ...stats,
    backend: backend.name,
    queued,
    inFlight,
    completed,
    cancelled,
    failed,
    bytesRead,
    strays,
  };
}
