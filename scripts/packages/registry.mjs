// A package registry on the loopback interface that has these tarballs and nothing else: package managers then choose
// by os, cpu and libc, as they do with the real one.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

export const manifestOf = (tarball) =>
  JSON.parse(execFileSync('tar', ['xzfO', tarball, 'package/package.json'], { encoding: 'utf8' }));

function packument(tarball, url) {
  const manifest = manifestOf(tarball);
  const bytes = readFileSync(tarball);
  const dist = {
    tarball: `${url}/tarball/${encodeURIComponent(manifest.name)}`,
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
  };
  const { name, version } = manifest;
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

/** @returns its address, and how to stop it */
export async function startRegistry(packages) {
  const tarballs = new Map(packages.map(({ name, tarball }) => [name, tarball]));
  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${server.address().port}`;
    const [, isTarball, name] = /^\/(tarball\/)?([^?]+)/.exec(request.url) ?? [];
    const tarball = tarballs.get(decodeURIComponent(name ?? ''));
    if (tarball === undefined) response.writeHead(404).end('{}');
    else if (isTarball) response.end(readFileSync(tarball));
    else
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(packument(tarball, url)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
