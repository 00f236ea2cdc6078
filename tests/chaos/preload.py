"""A library that makes an engine's files fail on command, built here with `cc` and put before it with LD_PRELOAD."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int failing(int fd) {
  const char *file = getenv("CHAOS_FAULT");
  struct stat facts;
  return file && access(file, F_OK) == 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}
#define FAIL(fd) if (failing(fd)) { errno = FAULT; return -1; }
#ifdef ON_WRITE
ssize_t write(int fd, const void *data, size_t size) {
  FAIL(fd)
  return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, data, size);
}
#else
int fdatasync(int fd) { FAIL(fd) return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
int fsync(int fd) { FAIL(fd) return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
#endif
"""

WHERE = {"ENOSPC": ("-DFAULT=ENOSPC", "-DON_WRITE"), "EIO": ("-DFAULT=EIO", "-DON_SYNC")}


@dataclass(frozen=True, slots=True)
class Fault:
    """While the file `mark` exists, writes (ENOSPC) or syncs (EIO) of regular files fail."""

    library: Path
    mark: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """For the engine's process."""
        return {"LD_PRELOAD": str(self.library), "CHAOS_FAULT": str(self.mark)}

    def begin(self) -> None:
        """From now on they fail."""
        self.mark.touch()

    def end(self) -> None:
        """They work again."""
        self.mark.unlink(missing_ok=True)


def build(folder: Path, name: str) -> Fault:
    """Compiles the library of a fault. Raises `FileNotFoundError` where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("no C compiler `cc`, so no disk can be made to fail")
    folder.mkdir(parents=True, exist_ok=True)
    source, library = folder / f"{name}.c", folder / f"{name}.so"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", *WHERE[name], "-o", library, source, "-ldl"], check=True)
    return Fault(library.absolute(), (folder / f"{name}.now").absolute())
