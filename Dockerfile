# One image for the front, the worker and the reconciler; docker-compose.yml says which of them a container is.
# Debian 13: its Python 3.13 carries the corrections for hostile zip files that Debian 12's lacks.
FROM debian:trixie-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv fonts-liberation \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home folio

WORKDIR /srv/folio
COPY requirements/run.lock requirements/
COPY tools/make-env.sh tools/
RUN sh tools/make-env.sh && rm -rf "$HOME/.cache"
COPY service/ service/
COPY worker/ worker/
COPY templates_docx/ templates_docx/

ENV PATH=/srv/folio/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER folio
CMD ["folio", "doctor"]
