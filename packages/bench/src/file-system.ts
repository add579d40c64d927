/** What a file lies on. */
import fs from 'node:fs';

/** Paths in /proc/self/mountinfo have spaces and the like as octal codes. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
}

/**
 * @param mountInfo content of /proc/self/mountinfo
 * @param file a real path: absolute, without symbolic links
 * @returns the type of the mount that has the file, as ext4; of mounts on one place the last is on top
 */
export function fileSystemIn(mountInfo: string, file: string): string | undefined {
  const mounts = mountInfo.split('\n').flatMap((line) => {
    const [place, rest] = line.split(' - ');
    const point = unescape(place?.split(' ')[4] ?? '');
    const type = rest?.split(' ')[0];
    const has = file === point || file.startsWith(point.endsWith('/') ? point : `${point}/`);
    return type !== undefined && has ? [{ point, type }] : [];
  });
  return mounts.reduce<{ point: string; type: string } | undefined>(
    (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
    undefined,
  )?.type;
}

/** The type of the file system of `file`; undefined on systems other than Linux. */
export function fileSystemOf(file: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return fileSystemIn(fs.readFileSync('/proc/self/mountinfo', 'utf8'), fs.realpathSync(file));
}
