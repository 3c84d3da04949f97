# Made in two stages: the first installs Maple into a virtual environment, the second is that environment and no more.
# The base is pinned by its digest. For a newer one: docker buildx imagetools inspect python:3.12-slim
FROM python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea AS build
WORKDIR /src
COPY requirements.txt requirements-build.txt pyproject.toml README.md LICENSE ./
COPY scripts/package scripts/package
COPY bot bot
COPY handlers handlers
RUN PYTHON=/usr/local/bin/python scripts/package /opt/maple

FROM python:3.12-slim@sha256:78387bc3881b8273120a12ebe6c1ab22b018ccc2c9adf565ae1ac9b536e184ea
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin maple \
    && install --directory --owner=maple --mode=0700 /var/lib/maple
COPY --from=build /opt/maple /opt/maple
WORKDIR /home/maple
USER 10001
ENV PATH=/opt/maple/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATABASE_URL=sqlite:////var/lib/maple/maple.db
# The one place that is written to, and what a new container has to be given again.
VOLUME /var/lib/maple
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "bot"]
