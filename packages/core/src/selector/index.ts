/**
 * Which backend serves this thread (R83-R85). Auto mode takes the first candidate that works and keeps why each other
 * one was refused; a backend named by option or environment fails loudly. Nothing here runs, or throws, at import.
 */
import type { Backend } from '../backend.js';
import { invalidArgType, invalidArgValue } from '../errors.js';
import {
  BUILT_IN,
  type Candidate,
  type CandidateResult,
  madeNodeFs,
  type ProbeFailure,
} from './candidates.js';
import { hostName } from './hosts.js';

export type { Candidate, CandidateResult, ProbeFailure } from './candidates.js';

/** `auto`, a backend's name, or a backend of the caller's own. */
export type BackendChoice = 'auto' | 'io_uring' | 'iocp' | 'node-fs' | (string & {}) | Backend;

/** Names the backend for programs that do not name one themselves. */
export const BACKEND_VARIABLE = 'OVERLAPPED_BACKEND';

/** What {@link describeBackends} says of one backend. */
export interface CandidateReport {
  /** As `open(path, { backend })` takes it. */
  readonly name: string;
  /** `idle`: it works or was not tried, and another one was chosen. */
  readonly status: 'chosen' | 'idle' | 'refused';
  /** `ok`, `not-tried`, `other-platform`, or the code of the refusal. */
  readonly code: string;
  /** A sentence: how it works here, or why it does not. */
  readonly message: string;
  /** What to do about a refusal; empty where there is nothing to do. */
  readonly remedy: string;
}

/** Which backend `open()` uses on this thread, and why (R84). */
export interface BackendsReport {
  /** What runs this program, with its version: `Node.js v20.20.2`, `Bun 1.4.5`. */
  readonly host: string;
  /** Name of the backend that `open()` uses; undefined if the one asked for is not available. */
  readonly chosen: string | undefined;
  /** Who decided: the order of candidates, or the environment variable. */
  readonly decidedBy: 'default' | 'environment';
  /** In order of preference. */
  readonly candidates: readonly CandidateReport[];
}

/** A backend that was asked for by name can't be used. */
export interface BackendUnavailableError extends Error {
  /** Always this. */
  code: 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE';
  /** The name that was asked for. */
  backend: string;
  /** Why it can't be had, and what to do. */
  refusal: ProbeFailure;
}

const registered: Candidate[] = [];
const results = new Map<string, CandidateResult>();

function candidates(): readonly Candidate[] {
  return [...BUILT_IN, ...registered];
}

/** Adds a backend that can then be chosen by its name. @throws ERR_INVALID_ARG_VALUE if the name is taken */
export function registerBackend(candidate: Candidate): void {
  if (candidates().some(({ name }) => name === candidate.name) || candidate.name === 'auto') {
    throw invalidArgValue('candidate.name', `is taken: ${candidate.name}`);
  }
  registered.push(candidate);
}

/** Probes once per thread; a refusal for want of resources is forgotten, since it may pass (R84). */
function resultOf(candidate: Candidate): CandidateResult {
  const known = results.get(candidate.name);
  if (known !== undefined) return known;
  const result = candidate.create();
  if (!('transient' in result) || !result.transient) results.set(candidate.name, result);
  return result;
}

function serves(candidate: Candidate): boolean {
  return candidate.platforms === 'all' || candidate.platforms.includes(process.platform);
}

function unavailable(name: string, refusal: ProbeFailure): BackendUnavailableError {
  const remedy = refusal.remedy === '' ? '' : `. What to do: ${refusal.remedy}`;
  const error = new Error(`The backend ${name} is not available: ${refusal.message}${remedy}`);
  const code = 'ERR_OVERLAPPED_BACKEND_UNAVAILABLE' as const;
  return Object.assign(error, { code, backend: name, refusal });
}

function byName(name: string, source: string): Backend {
  const candidate = candidates().find((other) => other.name === name);
  if (candidate === undefined) {
    const names = ['auto', ...candidates().map((other) => other.name)].join(', ');
    throw invalidArgValue(source, `must be one of: ${names}. Received '${name}'`);
  }
  const result = resultOf(candidate);
  if ('refusal' in result) throw unavailable(name, result.refusal);
  return result.backend;
}

function firstThatWorks(): Backend {
  for (const candidate of candidates()) {
    if (!serves(candidate)) continue;
    const result = resultOf(candidate);
    if ('backend' in result) return result.backend;
  }
  throw invalidArgValue('backend', 'none works'); // node-fs always does
}

function requested(): string {
  const value = process.env[BACKEND_VARIABLE];
  return value === undefined || value === '' ? 'auto' : value;
}

/**
 * The backend to use on this thread: made at the first call, then the same one.
 * @param choice a name fails loudly where it can't be had (R85); without one, the environment variable
 *   OVERLAPPED_BACKEND decides, else the first candidate that works
 * @throws ERR_OVERLAPPED_BACKEND_UNAVAILABLE, ERR_INVALID_ARG_VALUE for an unknown name
 */
export function selectBackend(choice?: BackendChoice): Backend {
  if (typeof choice === 'object' && choice !== null && typeof choice.issue === 'function') return choice;
  if (choice !== undefined && typeof choice !== 'string') {
    throw invalidArgType('options.backend', 'of type string or a Backend', choice);
  }
  const name = choice ?? requested();
  if (name === 'auto') return firstThatWorks();
  return byName(name, choice === undefined ? BACKEND_VARIABLE : 'options.backend');
}

/** The backends that were made for this thread, each once; probing them all, as the doctor does, makes some too. */
export function madeBackends(): readonly Backend[] {
  const chosen = [...results.values()].map((result) => ('backend' in result ? result.backend : undefined));
  return [...new Set([...chosen, madeNodeFs()])].filter((backend) => backend !== undefined);
}

/** Each candidate, chosen, idle or refused, and why. Tries those that the platform has; never throws. */
export function describeBackends(): BackendsReport {
  const name = requested();
  const wanted = (candidate: Candidate): boolean =>
    name === 'auto' ? serves(candidate) : candidate.name === name;
  let chosen: string | undefined;
  const reports = candidates().map((candidate): CandidateReport => {
    const report = (
      status: CandidateReport['status'],
      { code, message, remedy }: ProbeFailure,
    ): CandidateReport => ({
      name: candidate.name,
      status,
      code,
      message,
      remedy,
    });
    if (!serves(candidate) && candidate.name !== name) {
      const message = `not tried: it is for ${(candidate.platforms as string[]).join(', ') || 'those who name it'}`;
      return report('idle', { code: 'other-platform', message, remedy: '' });
    }
    const result = resultOf(candidate);
    if ('refusal' in result) return report('refused', result.refusal);
    if (chosen === undefined && wanted(candidate)) {
      chosen = candidate.name;
      return report('chosen', { code: 'ok', message: result.note, remedy: '' });
    }
    return report('idle', { code: 'ok', message: `works; ${result.note}`, remedy: '' });
  });
  const decidedBy = name === 'auto' ? 'default' : 'environment';
  return { host: hostName(), chosen, decidedBy, candidates: reports };
}
