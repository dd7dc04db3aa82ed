"""What the system says of a file that cannot be read or written -> the words of a Spanish sentence."""

from __future__ import annotations

import errno
from typing import Final

_REASONS: Final = {
    errno.ENOENT: "no existe",
    errno.ENOTDIR: "parte de la ruta no es una carpeta",
    errno.EISDIR: "es una carpeta",
    errno.EEXIST: "ya hay un archivo con ese nombre",
    errno.EACCES: "no hay permiso",
    errno.EPERM: "no hay permiso",
    errno.EROFS: "el disco es de solo lectura",
    errno.ENOSPC: "no queda espacio en el disco",
    errno.EDQUOT: "se agotó el espacio asignado",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.EADDRINUSE: "está ocupado por otro programa",
    errno.EADDRNOTAVAIL: "este equipo no tiene esa dirección",
}


def reason(problem: OSError) -> str:
    """Why, to be put behind a colon: "no hay permiso"."""
    return _REASONS.get(problem.errno or 0, f"error {problem.errno} del sistema")
