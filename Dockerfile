# Two images of one build: `front` for the front, the reconciler and the orders of the terminal; `worker` with LibreOffice
# for whoever writes documents. docker-compose.yml says which of them a container is, and what it runs.
# Debian 13: its Python 3.13 and LibreOffice 25.2 carry corrections that Debian 12's lack.
FROM debian:trixie-slim AS base

# A volume that is mounted at /var/lib/folio begins as its own.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin folio \
    && install --directory --owner folio --mode 700 /var/lib/folio
WORKDIR /srv/folio
# Nothing is written but under /tmp and /var/lib/folio: the rest of the image may be read-only.
ENV PATH=/srv/folio/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FOLIO_ENV=production \
    FOLIO_DATA_DIR=/tmp/folio

FROM base AS front
# What `folio backup` copies PostgreSQL with.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/run.lock requirements/
COPY tools/make-env.sh tools/
RUN sh tools/make-env.sh && rm -rf "$HOME/.cache"
COPY service/ service/
COPY worker/ worker/
COPY templates_docx/ templates_docx/
COPY examples/plan-de-accion-2024-v2.0.xlsx examples/
USER folio
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "service.alive", "front"]
CMD ["python", "-m", "gunicorn", "service.web.wsgi:app", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "16", "--timeout", "60", "--graceful-timeout", "20", "--no-control-socket", \
     "--log-level", "warning", "--logger-class", "service.web.gunicorn_lines.GunicornLines"]

FROM base AS worker
# Carlito has the widths of Calibri, Liberation those of Arial: with others the pages of a PDF are not those of Word.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libreoffice-writer-nogui python3-uno fontconfig fonts-liberation \
        fonts-crosextra-carlito \
    && rm -rf /var/lib/apt/lists/*
COPY --from=front /srv/folio /srv/folio
# Celery then ends within seconds at SIGTERM instead of waiting without end.
ENV REMAP_SIGTERM=SIGQUIT
USER folio
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-m", "service.alive", "worker"]
CMD ["python", "-m", "celery", "--quiet", "--app", "worker.app", "worker", "--loglevel", "INFO", \
     "--without-gossip", "--without-mingle", "--without-heartbeat"]
