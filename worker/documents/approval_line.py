"""Who approved a plan, by which act and when -> the sentence that the documents print of it, "" where nobody said."""

from __future__ import annotations

import re
from typing import Final

from service.domain.frame import Approval
from service.domain.rules.words import MONTHS

# What the first word of an instance takes before it; of any other word nobody knows, and a colon needs none.
_ARTICLES: Final = {
    "el": "comité consejo concejo despacho director subdirector jefe gerente secretario alcalde gobernador",
    "la": "comisión junta dirección subdirección oficina secretaría asamblea gerencia directora subdirectora jefa sala "
    "mesa alcaldesa gobernadora secretaria",
}
_ARTICLE_OF: Final = {word: article for article, words in _ARTICLES.items() for word in words.split()}
_HAS_ARTICLE: Final = re.compile(r"(?:el|la|los|las)\s", re.IGNORECASE)


def approval_line(approval: Approval) -> str:
    """The sentence, without what nobody said: "Plan aprobado por el Comité mediante Acta 5, el 2 de mayo de 2024."."""
    day = (
        "" if approval.on is None else f"el {approval.on.day} de {MONTHS[approval.on.month - 1]} de {approval.on.year}"
    )
    who_and_how = " ".join(filter(None, (_by(approval.instance), approval.act and f"mediante {approval.act}")))
    said = ", ".join(filter(None, (who_and_how, day)))
    return f"Plan aprobado {said.rstrip('.')}." if said else ""


def _by(instance: str) -> str:
    if not instance:
        return ""
    if _HAS_ARTICLE.match(instance):
        return f"por {instance[0].lower()}{instance[1:]}"
    article = _ARTICLE_OF.get(instance.split(maxsplit=1)[0].casefold())
    return f"por {article} {instance}" if article else f"por: {instance}"
