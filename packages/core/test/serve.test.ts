/** File servers from npm that read through `@overlapped/core/fs`: each answer is the one that node:fs gives. */
import type { OverlappedFile } from '@overlapped/core';
import { createReadStream, streamOperations } from '@overlapped/core/fs';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import send from 'send';
import serveHandler from 'serve-handler';
import serveStatic from 'serve-static';

/** @param operations ours, or undefined for node:fs's own */
type Serve = (root: string, operations: typeof streamOperations | undefined) => http.RequestListener;

/** It reaches fs.createReadStream, since send hands its options on. */
const withFs = (operations: typeof streamOperations | undefined): object =>
  operations === undefined ? {} : { fs: operations };

const SERVERS: Readonly<Record<string, Serve>> = {
  send: (root, operations) => (request, response) =>
    void send(request, request.url ?? '/', { root, ...withFs(operations) }).pipe(response),
  'serve-static': (root, operations) => {
    const serve = serveStatic(root, withFs(operations));
    return (request, response) =>
      void serve(request, response, () => {
        response.statusCode = 404;
        response.end('nothing here');
      });
  },
  'serve-handler': (root, operations) => (request, response) =>
    void serveHandler(request, response, { public: root, etag: true }, operations && { createReadStream }),
};

const REQUESTS: Readonly<Record<string, { url: string; method?: string; headers?: Record<string, string> }>> =
  {
    'the whole file': { url: '/data.bin' },
    'an empty file': { url: '/empty.txt' },
    'a range': { url: '/data.bin', headers: { range: 'bytes=1000-199999' } },
    'one byte': { url: '/data.bin', headers: { range: 'bytes=0-0' } },
    'a suffix': { url: '/data.bin', headers: { range: 'bytes=-17' } },
    'from a position on': { url: '/data.bin', headers: { range: 'bytes=299990-' } },
    'a range beyond the end': { url: '/data.bin', headers: { range: 'bytes=400000-' } },
    HEAD: { url: '/data.bin', method: 'HEAD' },
    'a missing file': { url: '/missing' },
  };

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(port: number, request: http.RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = http.request({ ...request, port, agent: false }, (response) => {
      response.toArray().then((parts: Buffer[]) => {
        const { date, ...headers } = response.headers;
        assert.equal(typeof date, 'string');
        resolve({ status: response.statusCode, headers, body: Buffer.concat(parts) });
      }, reject);
    });
    asking.on('error', reject).end();
  });
}

describe('file servers on @overlapped/core/fs', () => {
  let root = '';
  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-serve-'));
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
    fs.writeFileSync(path.join(root, 'data.bin'), bytes);
    fs.writeFileSync(path.join(root, 'empty.txt'), '');
  });
  after(() => fs.rmSync(root, { recursive: true }));

  async function answer(listener: http.RequestListener, request: http.RequestOptions): Promise<Answer> {
    const server = http.createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await ask((server.address() as AddressInfo).port, { ...request, host: '127.0.0.1' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  for (const [name, serve] of Object.entries(SERVERS)) {
    for (const [what, { url, ...request }] of Object.entries(REQUESTS)) {
      it(`${name}: ${what}: status, headers and bytes`, async () => {
        const ours = await answer(serve(root, streamOperations), { path: url, ...request });
        const theirs = await answer(serve(root, undefined), { path: url, ...request });
        assert.deepEqual({ ...ours, body: ours.body.length }, { ...theirs, body: theirs.body.length });
        assert(ours.body.equals(theirs.body));
      });
    }
  }

  // serve-handler only pipes: it leaves its streams open, node:fs's too.
  for (const name of ['send', 'serve-static']) {
    it(`${name}: a client that leaves early closes the file`, async () => {
      const watched = { ...streamOperations };
      const closed = new Promise<OverlappedFile>((resolve) => {
        watched.close = (file, callback) =>
          streamOperations.close(file, (error) => {
            callback(error);
            resolve(file);
          });
      });
      const server = http.createServer((SERVERS[name] as Serve)(root, watched));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      http.get({ port, host: '127.0.0.1', path: '/data.bin', agent: false }, (response) => {
        response.once('data', () => response.destroy());
      });
      assert.equal((await closed).fd, -1);
      await new Promise((resolve) => server.close(resolve));
    });
  }
});
