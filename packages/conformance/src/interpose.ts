/** A backend with some of its methods replaced: how outcomes that this system does not give are tested all the same. */
import type { Backend } from '@overlapped/core/backend';

/**
 * `backend`, except for what `overrides` has. Overrides call the real method on `backend` itself. Give it a backend of
 * its own, since a backend serves one completion port.
 */
export function interpose(backend: Backend, overrides: Partial<Backend>): Backend {
  return new Proxy(backend, {
    get(target, key) {
      const source = key in overrides ? overrides : target;
      const value: unknown = Reflect.get(source, key, source);
      return typeof value === 'function' ? (value.bind(source) as unknown) : value;
    },
  });
}
