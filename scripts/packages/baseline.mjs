// The oldest systems that a built Linux addon loads on, by the versions of the symbols that it asks for.
import { readFileSync } from 'node:fs';

/** What Node 20's own binaries need: Debian 10, Ubuntu 18.10, RHEL 8. */
const NEWEST_GLIBC = [2, 28];

const isNewer = ([major, minor]) =>
  major > NEWEST_GLIBC[0] || (major === NEWEST_GLIBC[0] && minor > NEWEST_GLIBC[1]);

/** @param libc as in package.json. @returns what keeps the addon from loading where its package is installed */
export function baselineProblems(addon, libc) {
  const strings = readFileSync(addon, 'latin1');
  const versions = (library) => [...strings.matchAll(new RegExp(`\\0${library}_([0-9.]+)(?=\\0)`, 'g'))];
  const glibc = versions('GLIBC').map(([, version]) => version);
  if (libc === 'musl') return glibc.length > 0 ? ['its addon needs glibc'] : [];
  if (glibc.length === 0) return ['its addon asks for no glibc: this check, or the addon, is broken'];
  const tooNew = glibc.filter((version) => isNewer(version.split('.').map(Number)));
  const shared = ['GLIBCXX', 'CXXABI'].filter((library) => versions(library).length > 0);
  return [
    ...tooNew.map((version) => `its addon needs glibc ${version}, newer than ${NEWEST_GLIBC.join('.')}`),
    ...shared.map((library) => `its addon needs the system's libstdc++ (${library})`),
  ];
}
