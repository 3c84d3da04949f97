# Made in two stages: the first installs Maple into a virtual environment, the second is that environment and no more.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.txt requirements-build.txt pyproject.toml README.md LICENSE ./
COPY scripts/package scripts/package
COPY bot bot
COPY handlers handlers
RUN PYTHON=/usr/local/bin/python scripts/package /opt/maple

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin maple
COPY --from=build /opt/maple /opt/maple
WORKDIR /home/maple
USER 10001
ENV PATH=/opt/maple/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "bot"]
