/** The file server's answers, byte for byte against the file, and that nothing stays open when clients go away. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fixtures, pattern, skipUnless } from '@overlapped/conformance';
import { createFileServer } from '../file-server.js';

const SIZE = 300_001;
const LARGE = 1 << 30;

/** Range header, and the bytes [start, end) that come; undefined: the whole file, with status 200. */
const RANGES: readonly (readonly [string, readonly [number, number] | undefined])[] = [
  ['bytes=0-0', [0, 1]],
  ['bytes=100-199', [100, 200]],
  ['bytes=300000-', [300_000, SIZE]],
  ['bytes=-5', [SIZE - 5, SIZE]],
  ['bytes=-999999', [0, SIZE]],
  ['bytes=299999-999999', [299_999, SIZE]],
  ['bytes=0-1,100-199', undefined],
  ['bytes=2-1', undefined],
  ['bytes=-', undefined],
  ['lines=0-1', undefined],
  ['nonsense', undefined],
];

/** Descriptors of this process that are open on `file`, on Linux. */
function openOn(file: string): number {
  return fs.readdirSync('/proc/self/fd').filter((fd) => {
    const link = `/proc/self/fd/${fd}`;
    return fs.existsSync(link) && fs.readlinkSync(link) === file;
  }).length;
}

describe('examples: file server', () => {
  const fixtures = new Fixtures();
  let folder: string;
  let server: http.Server;
  let base: string;

  before(async () => {
    folder = fixtures.path('root');
    fs.mkdirSync(path.join(folder, 'sub'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'data.bin'), pattern(0, SIZE));
    fs.writeFileSync(path.join(folder, 'sub', 'ünïcode name'), 'found');
    fs.writeFileSync(path.join(folder, 'empty'), '');
    fs.writeFileSync(`${folder}-secret`, 'secret'); // beside it, with a path that begins alike
    fs.truncateSync(path.join(folder, 'data.bin'), SIZE);
    fs.closeSync(fs.openSync(path.join(folder, 'large'), 'w'));
    fs.truncateSync(path.join(folder, 'large'), LARGE);
    server = await createFileServer(folder);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    fixtures.dispose();
  });

  /** Sends the path as it is; fetch would tidy it. */
  function get(
    url: string,
    options: http.RequestOptions = {},
  ): Promise<http.IncomingMessage & { body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const request = http.request({ port, host: '127.0.0.1', path: url, ...options }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => resolve(Object.assign(response, { body: Buffer.concat(parts) })));
      });
      request.on('error', reject);
      request.end();
    });
  }

  it('sends a whole file, with its length and tag', async () => {
    const { statusCode, headers, body } = await get('/data.bin');
    assert.equal(statusCode, 200);
    assert(body.equals(pattern(0, SIZE)));
    assert.deepEqual([headers['content-length'], headers['accept-ranges']], [String(SIZE), 'bytes']);
    assert.match(headers.etag ?? '', /^"[0-9a-f-]+"$/);
  });

  for (const [range, span] of RANGES) {
    it(`answers Range: ${range} with ${span === undefined ? 'all of it' : 'that part'}`, async () => {
      const { statusCode, headers, body } = await get('/data.bin', { headers: { range } });
      const [start, end] = span ?? [0, SIZE];
      assert.equal(statusCode, span === undefined ? 200 : 206);
      assert(body.equals(pattern(start, end - start)));
      const contentRange = span === undefined ? undefined : `bytes ${start}-${end - 1}/${SIZE}`;
      assert.deepEqual(
        [headers['content-range'], headers['content-length']],
        [contentRange, String(end - start)],
      );
    });
  }

  it('answers 416 to a range past the end, with the size', async () => {
    for (const [url, range, size] of [
      ['/data.bin', `bytes=${SIZE}-`, SIZE],
      ['/data.bin', 'bytes=-0', SIZE],
      ['/empty', 'bytes=0-', 0],
    ] as const) {
      const { statusCode, headers } = await get(url, { headers: { range } });
      assert.deepEqual([statusCode, headers['content-range']], [416, `bytes */${size}`]);
    }
  });

  it('sends an empty file', async () => {
    const { statusCode, headers, body } = await get('/empty');
    assert.deepEqual([statusCode, headers['content-length'], body.length], [200, '0', 0]);
  });

  it('answers HEAD with the headers of GET, and no body', async () => {
    const [head, full] = await Promise.all([get('/data.bin', { method: 'HEAD' }), get('/data.bin')]);
    assert.deepEqual([head.statusCode, head.body.length], [200, 0]);
    for (const name of ['content-length', 'etag', 'last-modified', 'accept-ranges']) {
      assert.equal(head.headers[name], full.headers[name], name);
    }
  });

  it('heeds If-Range and If-None-Match, and tags a changed file anew', async () => {
    const file = path.join(folder, 'changing');
    fs.writeFileSync(file, 'version 1');
    const { etag = '' } = (await get('/changing')).headers;
    const partial = { range: 'bytes=0-6', 'if-range': etag };
    assert.equal((await get('/changing', { headers: partial })).statusCode, 206);
    assert.equal(
      (await get('/changing', { headers: { 'if-none-match': `"x", W/${etag}` } })).statusCode,
      304,
    );
    fs.writeFileSync(file, 'version 22');
    const after = await get('/changing', { headers: partial });
    assert.deepEqual([after.statusCode, after.body.toString()], [200, 'version 22']);
    assert.equal((await get('/changing', { headers: { 'if-none-match': etag } })).statusCode, 200);
  });

  it('serves names in any letters, and nothing outside its folder', async () => {
    assert.equal((await get(`/sub/${encodeURIComponent('ünïcode name')}`)).body.toString(), 'found');
    const secret = path.basename(`${folder}-secret`);
    for (const url of [`/../${secret}`, `/%2e%2e/${secret}`, `/..%2f${secret}`, `/sub/../..%2f${secret}`]) {
      const { statusCode, body } = await get(url);
      assert.deepEqual([statusCode, body.toString()], [404, 'Not Found\n'], url);
    }
    for (const url of ['/', '/sub', '/missing', '/data.bin/x', '/%00'])
      assert.equal((await get(url)).statusCode, 404, url);
    assert.equal((await get('/%zz')).statusCode, 400);
    const { statusCode, headers } = await get('/data.bin', { method: 'POST' });
    assert.deepEqual([statusCode, headers.allow], [405, 'GET, HEAD']);
  });

  it('follows no link out of its folder, and waits for no FIFO', async function () {
    skipUnless(this, process.platform !== 'win32', 'links need rights there, and there are no FIFOs');
    fs.symlinkSync(`${folder}-secret`, path.join(folder, 'link'));
    const fifo = fixtures.fifo();
    fs.renameSync(fifo.path, path.join(folder, 'fifo'));
    assert.equal((await get('/link')).statusCode, 404);
    assert.equal((await get('/fifo')).statusCode, 404);
    await fifo.end();
  });

  it('serves many clients at once', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        get('/data.bin', { headers: { range: `bytes=${i * 1000}-${i * 1000 + 99_999}` } }),
      ),
    );
    for (const [i, { body }] of bodies.entries())
      assert(body.equals(pattern(i * 1000, 100_000)), `client ${i}`);
  });

  it('closes the file when the client goes away in the middle', async function () {
    skipUnless(this, process.platform === 'linux', 'open files are counted in /proc');
    const file = fs.realpathSync(path.join(folder, 'large'));
    const clients = Array.from({ length: 10 }, () => http.get(`${base}/large`));
    await Promise.all(
      clients.map(
        (client) =>
          new Promise((resolve) => client.on('response', (response) => response.once('data', resolve))),
      ),
    );
    assert.equal(openOn(file), 10);
    for (const client of clients) client.destroy();
    while (openOn(file) > 0) await sleep(10); // or the test's time is up
    assert.equal((await get('/empty')).statusCode, 200);
  });
});
