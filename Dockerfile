# Two images: the API and the page without any ML runtime, and the profiler without torch.
#
#   docker build -t archrank .
#   docker run -p 8000:8000 -v archrank:/data archrank
#
#   docker build --target measure -t archrank-measure .
#   docker run -v archrank:/data archrank-measure archrank profile --preset starter
#
# A profile that was made elsewhere is imported:
#
#   docker run -i -v archrank:/data archrank archrank catalog import - < profile.jsonl

FROM python:3.11-slim AS source
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY app app
COPY catalog catalog
COPY profiler profiler
RUN python -m venv /opt/archrank

FROM source AS build
RUN /opt/archrank/bin/pip install --no-cache-dir --constraint constraints.txt '.[postgres]'

FROM source AS build-measure
# The tests that numpy and scipy ship take 50 MB.
RUN /opt/archrank/bin/pip install --no-cache-dir --constraint constraints.txt '.[measure,postgres]' \
    && find /opt/archrank/lib -type d -name tests -prune -exec rm -r {} +

FROM python:3.11-slim AS base
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin archrank \
    && install --directory --owner archrank /data
ENV PATH=/opt/archrank/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ARCHRANK_CATALOG_URL=sqlite:////data/catalog.sqlite
USER 10001
WORKDIR /data
VOLUME /data

FROM base AS measure
COPY --from=build-measure /opt/archrank /opt/archrank
ENV ARCHRANK_CACHE_DIR=/data/cache
CMD ["archrank", "doctor"]

FROM base
COPY --from=build /opt/archrank /opt/archrank
ENV ARCHRANK_HOST=0.0.0.0 \
    ARCHRANK_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"ARCHRANK_PORT\"]}/readyz')"]
CMD ["archrank", "serve"]
