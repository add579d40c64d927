/* An auditor of the dynamic linker (man 7 rtld-audit): Node-API refuses external ArrayBuffers to every addon
 * of the process, as in builds with V8's sandbox such as Electron. LD_AUDIT=no-external-buffers.so node ...
 */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>

enum { NO_EXTERNAL_BUFFERS_ALLOWED = 22 }; /* napi_status */

static int refuse(void) { return NO_EXTERNAL_BUFFERS_ALLOWED; }

unsigned int la_version(unsigned int version) { return version; }

unsigned int la_objopen(struct link_map* object, Lmid_t space, uintptr_t* cookie) {
  (void)object, (void)space, (void)cookie;
  return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

uintptr_t la_symbind64(Elf64_Sym* symbol, unsigned int index, uintptr_t* from, uintptr_t* to,
                       unsigned int* flags, const char* name) {
  (void)index, (void)from, (void)to, (void)flags;
  if (strcmp(name, "napi_create_external_arraybuffer") == 0) return (uintptr_t)refuse;
  return symbol->st_value;
}
