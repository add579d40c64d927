/**
 * A static file server with ranges, as video players and download managers ask for them: 206 and 416, If-Range, ETag,
 * HEAD, and 304. A client that goes away ends the reads for it.
 *
 *   node examples/dist/file-server.js FOLDER [PORT]
 *
 * then: curl --range 0-99 http://localhost:8080/FILE
 */
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { open, type OverlappedFile } from '@overlapped/core';

/** Bytes from `start` to `end`, both included. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is not served, and how that is said. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly headers: http.OutgoingHttpHeaders = {},
  ) {
    super(http.STATUS_CODES[status]);
  }
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ENOENT: 404,
  ENOTDIR: 404,
  ELOOP: 404,
  ENAMETOOLONG: 404,
  ERR_INVALID_ARG_VALUE: 404, // a NUL in the name
  EACCES: 403,
  EMFILE: 503,
};

/** The regular file that `url` names below `root`, which links do not lead out of. */
async function locate(root: string, url: string): Promise<string> {
  let name: string;
  try {
    name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    throw new HttpError(400);
  }
  const file = await realpath(path.join(root, name));
  if (!file.startsWith(root + path.sep)) throw new HttpError(404);
  if (!(await stat(file)).isFile()) throw new HttpError(404); // opening a FIFO would wait for its writer
  return file;
}

/** Changes when the file does. */
function etagOf({ size, mtimeMs }: Stats): string {
  return `"${size.toString(16)}-${Math.trunc(mtimeMs * 1000).toString(16)}"`;
}

/** @returns the bytes to send, or undefined for all of them. @throws HttpError 416 if there are none */
function spanOf(request: http.IncomingMessage, size: number, etag: string): Span | undefined {
  const { range = '', 'if-range': ifRange } = request.headers;
  if (request.method !== 'GET') return undefined;
  if (ifRange !== undefined && ifRange !== etag) return undefined; // it has parts of another version
  // What is malformed is to be ignored, and several ranges may be: sending all of the file is right for both.
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new HttpError(416, { 'content-range': `bytes */${size}` });
  return { start, end };
}

function isFresh({ headers }: http.IncomingMessage, etag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return known !== undefined && (known.includes(etag) || known.includes('*'));
}

/** Sends the bytes and closes the file, also where the client goes away in the middle. */
async function send(
  file: OverlappedFile,
  { start, end }: Span,
  response: http.ServerResponse,
): Promise<void> {
  const body = file.createReadStream({ start, end });
  await pipeline(body, response, { end: false });
  // A file that became shorter leaves the client waiting for the rest; only the connection's end tells it.
  if (body.bytesRead === end - start + 1) response.end();
  else response.destroy();
}

async function serve(
  root: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpError(405, { allow: 'GET, HEAD' });
  const file = await open(await locate(root, request.url ?? '/'), { access: 'sequential' });
  try {
    const stats = await file.stat();
    const etag = etagOf(stats);
    response.setHeaders(
      new Map([
        ['accept-ranges', 'bytes'],
        ['etag', etag],
      ]),
    );
    response.setHeader('last-modified', stats.mtime.toUTCString());
    if (isFresh(request, etag)) {
      response.writeHead(304).end();
      return;
    }
    const part = spanOf(request, stats.size, etag);
    const span = part ?? { start: 0, end: stats.size - 1 };
    const length = span.end - span.start + 1;
    if (part === undefined) response.writeHead(200, { 'content-length': length });
    else {
      const range = `bytes ${span.start}-${span.end}/${stats.size}`;
      response.writeHead(206, { 'content-length': length, 'content-range': range });
    }
    if (request.method === 'HEAD' || length === 0) response.end();
    else await send(file, span, response);
  } finally {
    await file.close();
  }
}

function refuse(error: unknown, response: http.ServerResponse): void {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (response.destroyed || response.headersSent) {
    response.destroy(); // the client has gone (ERR_STREAM_PREMATURE_CLOSE), or has a part already
    return;
  }
  const refusal = error instanceof HttpError ? error : new HttpError(STATUS_BY_CODE[code] ?? 500);
  if (refusal.status === 500) console.error(error);
  response.writeHead(refusal.status, { ...refusal.headers, 'content-type': 'text/plain' });
  response.end(`${refusal.message}\n`);
}

/** @param folder what is served: the regular files in it and below */
export async function createFileServer(folder: string): Promise<http.Server> {
  const root = await realpath(folder);
  return http.createServer((request, response) => {
    serve(root, request, response).catch((error: unknown) => refuse(error, response));
  });
}

if (require.main === module) {
  const [folder, port = '8080'] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node examples/dist/file-server.js FOLDER [PORT]');
    process.exitCode = 2;
  } else {
    void createFileServer(folder).then((server) =>
      server.listen(Number(port), () => console.log(`serving ${folder} on http://localhost:${port}/`)),
    );
  }
}
